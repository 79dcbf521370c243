"""Lanes share nothing: who is stuck takes no place, no task and no turn of another's."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from hub.config import Settings, Sink
from hub.notify.audience import House
from hub.notify.breaker import IN_A_ROW
from hub.notify.channels import Channel, open_channels
from hub.notify.lanes import UNSETTLED, Health, Traffic, lanes
from hub.store.attempts import Lane
from hub.store.outbox import CONTACT
from tests.hub.notify.channels.cases import TELEGRAM, TWILIO, says
from tests.hub.notify.channels.far_ends import Trouble, far_end, mail_end
from tests.hub.notify.world import CATALOGUES, NOW, SECRET, World, until

LOOPBACK = ["127.0.0.0/8"]
URL = "http://127.0.0.1:9"
LANES = [
    Lane("chatbot"), Lane("email"), Lane("feed", "till"), Lane("sms"), Lane("webhook", "one"),
    Lane("webhook", "two"),
]  # fmt: skip
ORDERS = 150  #: more than all places of any lane
EACH = 75  #: of their customers are told by e-mail, and as many by SMS


@pytest.fixture
def house(world: World) -> House:
    sinks = [Sink(name=name, url=f"{URL}/{name}", secret=SECRET) for name in ("one", "two")]
    settings = Settings(
        channels={"sms": {**TWILIO, "api": URL}, "chatbot": {**TELEGRAM, "telegram_api": URL}},
        sinks=[*sinks, Sink(name="till", key="till-key-0123456789")],
        rates={"sms": 5.0, "chatbot": 5.0},
    )
    return House(settings, open_channels(world.tools(settings)), CATALOGUES)


def test_there_is_a_lane_for_every_provider_and_every_sink(house: House) -> None:
    assert LANES == sorted(lanes(house), key=str)


@pytest.mark.parametrize("stuck", LANES, ids=str)
def test_what_is_under_way_in_one_lane_takes_no_place_in_another(house: House, stuck: Lane) -> None:
    traffic = Traffic(house)
    before = traffic.free(NOW)
    for _ in range(UNSETTLED * lanes(house)[stuck]):
        traffic.begun(stuck)

    assert {one: free for one, free in before.items() if one != stuck} == traffic.free(NOW)
    assert [stuck] == [one for one in LANES if not traffic.roomy(one)]


@pytest.mark.parametrize("ill", LANES, ids=str)
def test_a_provider_that_is_left_alone_leaves_the_others_their_places(
    house: House, ill: Lane
) -> None:
    traffic = Traffic(house)
    before = traffic.free(NOW)
    for _ in range(IN_A_ROW):
        traffic.begun(ill)
        traffic.answered(ill, NOW, Health.ILL)
        traffic.settled(ill)

    assert {ill} == traffic.ill()
    assert {one: free for one, free in before.items() if one != ill} == traffic.free(NOW)


def test_all_providers_but_one_may_be_stuck_and_that_one_carries_everything(world: World) -> None:
    """The mail server, the carrier of SMS and a sink take all they get and never say a word."""
    for n in range(ORDERS):
        world.add_order(f"o{n}", phone="+358401234567")
        world.tell("ready_for_pickup", f"parcel:{n}", order_id=f"o{n}")
        if n >= EACH:
            world.run(CONTACT.update().where(CONTACT.c.id == f"c-o{n}").values(email=None))

    async def story() -> Mapping[str, int]:
        async with (
            far_end(says({}), Trouble.SILENT) as carrier,
            far_end(says({}), Trouble.SILENT) as stuck,
            far_end(says({})) as well,
            mail_end(Trouble.SILENT) as post,
        ):
            ends = {"sms": carrier, "stuck": stuck, "well": well, "email": post}
            known = Settings(
                sinks=[
                    Sink(name=name, url=f"{ends[name].url}/hook", secret=SECRET)
                    for name in ("stuck", "well")
                ],
                channels={"sms": {**TWILIO, "api": carrier.url}},
                sink_networks=LOOPBACK,
                smtp_url=post.url,
            )
            channels = open_channels(world.tools(known))
            dispatcher = world.dispatcher(known, channels)
            running = asyncio.create_task(dispatcher.run())
            await until(lambda: _sent(world) == ORDERS, seconds=60)
            await until(lambda: _asked(ends) == _places(channels), seconds=30)
            await dispatcher.stop(grace=0)
            await running
            return {"well": len(well.asked), **_asked(ends)}

    known = open_channels(world.tools(Settings(channels={"sms": {**TWILIO, "api": URL}})))
    assert {"well": ORDERS, **_places(known)} == asyncio.run(story())


def _sent(world: World) -> int:
    return sum(row.state == "sent" for row in world.notices())


def _asked(ends: Mapping[str, Any]) -> dict[str, int]:
    return {name: len(ends[name].asked) for name in ("sms", "stuck", "email")}


def _places(channels: Mapping[str, Channel]) -> dict[str, int]:
    """No more than its places is under way to whoever is stuck."""
    by = {"sms": "sms", "stuck": "webhook", "email": "email"}
    return {name: channels[channel].AT_ONCE for name, channel in by.items()}
