"""The way of a notice from the outbox to a real mail server and a real store system."""

import asyncio
import json
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from hub.config import Settings, Sink
from hub.courtesy import Courtesy
from hub.notify.channels import webhook
from hub.notify.dispatcher import Dispatcher
from tests.hub.notify.servers import mail_server, partner, says
from tests.hub.notify.world import CATALOGUES, SECRET, World, until

LOOPBACK = ("127.0.0.0/8",)


def sinks(*urls: str) -> dict[str, Any]:
    named = [Sink(name=f"s{n}", url=url, secret=SECRET) for n, url in enumerate(urls)]
    return {"sinks": named, "sink_networks": LOOPBACK}


async def steps(dispatcher: Dispatcher, number: int = 10) -> None:
    for _ in range(number):
        if not await dispatcher.step():
            break
    await dispatcher.stop()


def test_a_change_becomes_one_letter_and_one_signed_webhook(world: World) -> None:
    async def story() -> None:
        async with mail_server() as post, partner() as store:
            dispatcher = world.dispatcher(Settings(smtp_url=post.url, **sinks(store.url)))
            await steps(dispatcher)
            letter, hook = post.read(), store.received[0]

        assert ["maija@example.fi"] == post.recipients
        assert "Tilauksesi #1001 on matkalla" == letter["Subject"]
        assert ("auto-generated", "fi") == (letter["Auto-Submitted"], letter["Content-Language"])
        assert "- 2 × Villasukat" in letter.get_body(("plain",)).get_content()
        data = json.loads(hook.body)
        assert ("order.shipped", 3) == (data["type"], data["data"]["version"])
        stamp = int(hook.headers["webhook-timestamp"])
        assert int(world.now.timestamp()) == stamp
        # The library knows only its own clock, so it signs rather than verifies.
        assert hook.headers["webhook-signature"] == Webhook(SECRET).sign(
            hook.headers["webhook-id"], world.now, hook.body.decode()
        )

    world.add_order()
    world.tell("shipped")
    asyncio.run(story())

    assert [("shipped", "sent", None), ("shipped", "sent", None)] == world.states()
    assert [("sent", "250 taken as 42"), ("sent", "204")] == [
        (row.outcome, row.detail) for row in world.attempts()
    ]
    assert all(row.ended_at for row in world.attempts())
    # where a repetition is not shown, nothing hangs on when it was handed over
    assert [True, False] == [row.handing_at is not None for row in world.attempts()]


def test_without_a_mail_server_letters_lie_in_the_local_mailbox(world: World) -> None:
    world.add_order()
    world.tell("ready_for_pickup")
    asyncio.run(steps(world.dispatcher()))

    assert [b"From: Tilanne <tilaukset@localhost>"] == [m.splitlines()[0] for m in world.mail()]


def test_two_dispatchers_send_one_letter(world: World) -> None:
    async def story() -> None:
        one, two = world.dispatcher(), world.dispatcher()
        await asyncio.gather(one.step(), two.step())
        for n in range(20):
            world.tell("delayed", revision=str(n))
        for _ in range(25):
            await asyncio.gather(one.step(), two.step())
        await asyncio.gather(one.stop(), two.stop())

        assert 20 == one.counts.sent + two.counts.sent

    world.add_order()
    asyncio.run(story())

    assert 20 == len(world.mail())
    assert {1} == {notice.attempts for notice in world.notices()}


def test_news_that_is_overtaken_is_not_sent_to_the_customer_but_to_sinks_in_order(
    world: World,
) -> None:
    async def story() -> list[str]:
        async with partner() as store:
            await steps(world.dispatcher(Settings(**sinks(store.url))))
            return [json.loads(hook.body)["type"] for hook in store.received]

    world.add_order()
    for milestone in ("shipped", "out_for_delivery", "delivered"):
        world.tell(milestone)

    assert ["order.shipped", "order.out_for_delivery", "order.delivered"] == asyncio.run(story())
    assert [
        ("shipped", "suppressed", "superseded by out_for_delivery"),
        ("out_for_delivery", "suppressed", "superseded by delivered"),
        ("delivered", "sent", None),
    ] == [
        row
        for row, notice in zip(world.states(), world.notices(), strict=True)
        if notice.channel == "email"
    ]


def test_another_parcel_overtakes_nothing(world: World) -> None:
    world.add_order()
    world.tell("shipped", "parcel:p1")
    world.tell("delivered", "parcel:p2")
    asyncio.run(steps(world.dispatcher()))

    assert [("shipped", "sent", None), ("delivered", "sent", None)] == world.states()


def test_a_silent_milestone_overtakes_nothing(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    world.tell("delivered", silent="replayed")
    asyncio.run(steps(world.dispatcher()))

    assert ("shipped", "sent", None) == world.states()[0]


def test_the_same_news_is_not_told_in_other_words(world: World) -> None:
    world.add_order()
    world.tell("partially_shipped")
    dispatcher = world.dispatcher()
    asyncio.run(dispatcher.step())
    world.tell("shipped")
    asyncio.run(dispatcher.step())

    assert ("shipped", "suppressed", "already said as partially_shipped") == world.states()[1]


def test_a_slow_sink_delays_nobody_else(world: World) -> None:
    async def story() -> None:
        stuck, release = [], asyncio.Event()

        async def hang(request: Any) -> Any:
            stuck.append(request)
            await release.wait()
            return await says(204)(request)

        async with partner(hang) as slow, partner() as quick:
            dispatcher = world.dispatcher(Settings(**sinks(slow.url, quick.url)))
            running = asyncio.create_task(dispatcher.run())
            await until(lambda: dispatcher.counts.sent >= 60)
            await until(lambda: len(stuck) >= webhook.Webhook.AT_ONCE)

            assert webhook.Webhook.AT_ONCE == len(stuck)  # a lane's bound, however much is due
            assert (30, 30) == (len(quick.received), len(world.mail()))
            release.set()
            await until(lambda: dispatcher.counts.sent == 90)
            running.cancel()
            await dispatcher.stop()

    for n in range(30):
        world.add_order(f"o{n}")
        world.tell("shipped", order_id=f"o{n}")
    asyncio.run(story())


def test_the_dispatcher_is_woken_rather_than_polling(world: World) -> None:
    async def story() -> None:
        dispatcher = Dispatcher(world.store, Settings(), world.clock, CATALOGUES, poll=3600)
        running = asyncio.create_task(dispatcher.run())
        await asyncio.wait_for(asyncio.to_thread(lambda: None), 1)
        world.tell("shipped")
        dispatcher.wake()
        await until(world.mail)

        running.cancel()
        await dispatcher.stop()

    world.add_order()
    asyncio.run(story())


def test_what_is_behind_is_read_before_anything_is_told(world: World) -> None:
    courtesy = Courtesy(patience=3600)
    courtesy.read(waited=3600)
    world.add_order()
    world.tell("shipped")
    dispatcher = Dispatcher(world.store, Settings(), world.clock, CATALOGUES, courtesy=courtesy)

    async def story() -> None:
        assert 0 == await dispatcher.step()
        assert not world.mail()
        courtesy.read(waited=0.0)
        await steps(dispatcher)

    asyncio.run(story())
    assert 1 == len(world.mail())


@pytest.mark.parametrize("gone", ["sink", "channel"])
def test_a_notice_whose_recipient_is_gone_gets_a_reason(world: World, gone: str) -> None:
    from sqlalchemy import update

    from hub.notify.planning import plan
    from hub.store.outbox import NOTICE

    world.add_order()
    world.tell("shipped")
    before = world.dispatcher(Settings(**sinks("http://127.0.0.1:9/")))
    world.store.write_now(lambda c: plan(c, before._house, world.now))
    if gone == "channel":
        world.run(update(NOTICE).values(channel="pigeon"))
    asyncio.run(steps(world.dispatcher()))

    reasons = {"sink": "this sink is not configured any more"}
    reason = reasons.get(gone, "there is no channel pigeon any more")
    assert ("shipped", "suppressed", reason) in world.states()
