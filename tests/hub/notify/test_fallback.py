"""When a channel does not get through, the customer's next one does, and nobody hears it twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from hub.config import Settings
from hub.notify.dispatcher import Dispatcher
from hub.notify.receipts import What
from hub.store.stuck import NO_OTHER_WAY
from tests.hub.notify.servers import Partner, mail_server, partner, says
from tests.hub.notify.test_hearing import report
from tests.hub.notify.world import World

PHONE = "+358401234567"
REFUSES = {"DATA": "550 no"}
NOBODY = "smtp://127.0.0.1:9"  #: nobody listens there


def settings(texts: Partner, smtp_url: str, **more: Any) -> Settings:
    sms = {"url": texts.url, "body": {"to": "{to}", "text": "{text}"}}
    own = {"channels": {"sms": sms}, "sink_networks": ("127.0.0.0/8",)}
    return Settings(smtp_url=smtp_url, **own, **more)


async def live(world: World, dispatcher: Dispatcher, seconds: int, step: int = 5) -> None:
    for _ in range(seconds // step):
        while await dispatcher.step():
            pass
        world.later(seconds=step)


@asynccontextmanager
async def mute_server() -> AsyncIterator[str]:
    """A mail server that takes the call and says nothing."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in held:
            writer.close()
        server.close()


def text(texts: Partner) -> list[str]:
    return [orjson.loads(one.body)["to"] for one in texts.received]


def told(world: World) -> list[tuple[str, str, str | None]]:
    return [(row.channel, row.state, row.reason) for row in world.notices()]


def test_what_e_mail_cannot_deliver_in_half_the_time_goes_by_sms(world: World) -> None:
    async def story() -> list[str]:
        async with partner(says(200, '{"id": "1"}')) as texts, mail_server() as post:
            dispatcher = world.dispatcher(settings(texts, NOBODY))
            await live(world, dispatcher, 25)
            assert [] == text(texts)
            await live(world, dispatcher, 30)
            await dispatcher.stop()
            assert [PHONE] == text(texts)
            back = world.dispatcher(settings(texts, post.url))
            await live(world, back, 3600, step=60)
            await back.stop()
            return post.recipients

    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")

    assert [] == asyncio.run(story())
    assert [
        ("email", "suppressed", "called off: told by sms instead"),
        ("sms", "sent", None),
    ] == told(world)


def test_what_a_provider_refuses_for_good_goes_by_the_next_at_once(world: World) -> None:
    async def story() -> list[str]:
        async with (
            partner(says(200, '{"id": "1"}')) as texts,
            mail_server(answers=REFUSES) as post,
        ):
            dispatcher = world.dispatcher(settings(texts, post.url))
            await live(world, dispatcher, 15)
            await dispatcher.stop()
            return text(texts)

    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")

    assert [PHONE] == asyncio.run(story())


def test_an_attempt_that_hangs_is_not_allowed_to_hand_over_any_more(world: World) -> None:
    async def story() -> list[str]:
        async with partner(says(200, '{"id": "1"}')) as texts, mute_server() as url:
            dispatcher = world.dispatcher(settings(texts, url))
            running = asyncio.create_task(dispatcher.run())
            async with asyncio.timeout(20):
                while not texts.received:
                    world.later(seconds=1)
                    dispatcher.wake()
                    await asyncio.to_thread(lambda: None)
            await dispatcher.stop(grace=0)
            running.cancel()
            return text(texts)

    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")

    assert [PHONE] == asyncio.run(story())
    email = next(row for row in world.notices() if row.channel == "email")
    assert ("suppressed", None) == (email.state, email.lease_until)
    assert None not in [row.outcome for row in world.attempts() if row.notice_id == email.id]


@pytest.mark.parametrize("policy, states", [("hold", ["held"]), ("resend", ["due"])])
def test_what_may_have_arrived_is_not_told_again(
    world: World, policy: str, states: list[str]
) -> None:
    async def story() -> list[str]:
        async with (
            partner(says(200, '{"id": "1"}')) as texts,
            mail_server(vanish=True) as post,
        ):
            dispatcher = world.dispatcher(settings(texts, post.url, on_ambiguous=policy))
            await live(world, dispatcher, 120)
            await dispatcher.stop()
            return text(texts)

    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")

    assert [] == asyncio.run(story())
    assert states == [row.state for row in world.notices()]


def test_who_has_no_other_channel_is_an_alert_and_not_silence(world: World) -> None:
    async def story() -> None:
        async with partner() as texts, mail_server(answers=REFUSES) as post:
            dispatcher = world.dispatcher(settings(texts, post.url))
            await live(world, dispatcher, 60)
            await dispatcher.stop()

    world.add_order()
    world.tell("ready_for_pickup")
    asyncio.run(story())

    (email,) = world.notices()
    assert ("dead", True) == (email.state, email.reason.endswith(NO_OTHER_WAY))
    assert 1 == email.reason.count(NO_OTHER_WAY)


def test_a_letter_that_came_back_is_followed_by_an_sms(world: World) -> None:
    async def story() -> list[str]:
        async with partner(says(200, '{"id": "1"}')) as texts, mail_server() as post:
            dispatcher = world.dispatcher(settings(texts, post.url))
            await live(world, dispatcher, 5)
            await asyncio.to_thread(report, world, What.BOUNCED, detail="550 unknown")
            await live(world, dispatcher, 15)
            await dispatcher.stop()
            return text(texts)

    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")

    assert [PHONE] == asyncio.run(story())
    assert [("email", "sent"), ("sms", "sent")] == [row[:2] for row in told(world)]


def test_a_class_that_may_wait_waits_for_its_channel(world: World) -> None:
    async def story() -> list[str]:
        async with partner(says(200, '{"id": "1"}')) as texts:
            patient = settings(texts, NOBODY, fallback={"after": {"critical": 0.5}})
            dispatcher = world.dispatcher(patient)
            await live(world, dispatcher, 120)
            await dispatcher.stop()
            return text(texts)

    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")

    assert [] == asyncio.run(story())
    assert ["due"] == [row.state for row in world.notices()]


def test_what_waited_is_not_told_after_what_came_later(world: World) -> None:
    async def story() -> None:
        async with partner(says(200, '{"id": "1"}')) as texts, mail_server() as post:
            patient = {"fallback": {"after": {"critical": 0.5}}}
            dispatcher = world.dispatcher(settings(texts, NOBODY, **patient))
            await live(world, dispatcher, 30)
            await asyncio.to_thread(world.tell, "pickup_reminder")
            await live(world, dispatcher, 60)
            await dispatcher.stop()
            back = world.dispatcher(settings(texts, post.url, **patient))
            await live(world, back, 3600, step=60)
            await back.stop()

    world.add_order(phone=PHONE)
    world.tell("order_placed", "order")
    asyncio.run(story())

    assert [
        ("order_placed", "email", "suppressed", "overtaken by pickup_reminder"),
        ("pickup_reminder", "email", "suppressed", "called off: told by sms instead"),
        ("pickup_reminder", "sms", "sent", None),
    ] == [(row.milestone, row.channel, row.state, row.reason) for row in world.notices()]
