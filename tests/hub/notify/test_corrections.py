"""What was told and was wrong is put right for those who were told, and for nobody else."""

import asyncio

from hub.config import Settings, Sink
from tests.hub.notify.servers import mail_server, partner
from tests.hub.notify.world import SECRET, World


def test_who_was_told_is_told_what_was_wrong_and_what_holds_now(world: World) -> None:
    async def story() -> None:
        async with mail_server() as post:
            dispatcher = world.dispatcher(Settings(smtp_url=post.url))
            await dispatcher.step()
            world.correct("delivered")
            await dispatcher.step()
            text = post.read().get_body(("plain",)).get_content()

        assert "”Pakettisi on toimitettu”. Se ei pitänyt paikkaansa." in text
        assert "Paketti nyt: Kuljetuksessa" in text

    world.add_order()
    world.tell("delivered")
    asyncio.run(story())

    assert [("delivered", "sent", None), ("correction", "sent", None)] == world.states()


def test_what_was_not_told_yet_is_withdrawn_and_not_corrected(world: World) -> None:
    world.add_order()
    world.tell("delivered")
    world.correct("delivered")
    asyncio.run(world.dispatcher().step())

    assert [
        ("delivered", "suppressed", "withdrawn"),
        ("correction", "suppressed", "never told of what is corrected"),
    ] == world.states()
    assert [] == world.mail()


def test_whom_a_reason_kept_from_the_news_hears_no_correction(world: World) -> None:
    world.add_order(email=None)
    world.tell("delivered")
    dispatcher = world.dispatcher()
    asyncio.run(dispatcher.step())
    world.correct("delivered")
    asyncio.run(dispatcher.step())

    assert ("correction", "suppressed", "never told of what is corrected") == world.states()[1]


def test_a_sink_that_may_have_heard_is_corrected_and_not_told_the_wrong_thing_again(
    world: World,
) -> None:
    async def story() -> list[bytes]:
        async def cut(request):
            request.transport.abort()
            await asyncio.Event().wait()

        async with partner(cut) as store:
            sink = Sink(name="kassa", url=store.url, secret=SECRET)
            settings = Settings(sinks=[sink], sink_networks=["127.0.0.0/8"])
            dispatcher = world.dispatcher(settings)
            await dispatcher.step()
            world.correct("delivered")
            store.answer = None
            await dispatcher.step()  # at once: what is withdrawn holds nothing back
            await dispatcher.stop()
            return [hook.body for hook in store.received]

    world.add_order(email=None)
    world.tell("delivered")
    bodies = asyncio.run(story())

    sink = [
        row
        for row, n in zip(world.states(), world.notices(), strict=True)
        if n.channel == "webhook"
    ]
    assert [("delivered", "suppressed", "withdrawn"), ("correction", "sent", None)] == sink
    assert [b'"order.delivered"', b'"order.correction"'] == [
        body[8:].split(b",")[0] for body in bodies
    ]


def test_a_rung_that_was_taken_back_overtakes_nothing(world: World) -> None:
    world.add_order()
    world.tell("delivered")
    dispatcher = world.dispatcher()
    asyncio.run(dispatcher.step())
    world.correct("delivered")
    world.tell("out_for_delivery", revision="2026-11-24")
    asyncio.run(dispatcher.step())
    asyncio.run(dispatcher.step())

    assert ("out_for_delivery", "sent", None) in world.states()


def test_a_correction_without_a_name_for_what_was_wrong_reaches_nobody(world: World) -> None:
    world.add_order()
    world.tell("correction", revision="x")
    asyncio.run(world.dispatcher().step())

    assert [] == world.notices()
