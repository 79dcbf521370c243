"""kill -9 in every phase of every channel: told once, or held, as its policy says."""

import asyncio
import signal
import sys
from typing import Any

import pytest

from hub.notify.endings import in_doubt
from hub.store import customers
from tests.hub.notify.channels.cases import CASES, PHONE, TWO, Case, like_twilio
from tests.hub.notify.channels.dying import dispatcher
from tests.hub.notify.channels.far_ends import Asked, FarEnd, far_end
from tests.hub.notify.world import NOW, World

PLACES = ("notify.leased", "notify.handing", "notify.answered")
#: state of the notice and messages at the far end, per policy and place of death
AFTER = {
    ("hold", "notify.leased"): ("sent", 1),
    ("hold", "notify.handing"): ("held", 0),
    ("hold", "notify.answered"): ("held", 1),
    ("look_up", "notify.leased"): ("sent", 1),
    ("look_up", "notify.handing"): ("sent", 1),
    ("look_up", "notify.answered"): ("sent", 1),
    ("resend", "notify.leased"): ("sent", 1),
    ("resend", "notify.handing"): ("sent", 1),
    ("resend", "notify.answered"): ("sent", 2),  # raw; the far end knows the second one again
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [one for one in CASES if one.asked == 1],  # two providers: test_sms_standby.py
    ids=lambda case: case.name,
)
@pytest.mark.parametrize("place", PLACES)
def test_a_hub_that_is_killed_tells_once_or_says_why_not(
    world: World, case: Case, place: str
) -> None:
    async def story() -> tuple[str, list[Asked], str]:
        async with _far_end(case) as end:
            _news(world, case, end.url)
            await _killed(world, case, end.url, place)
            policy = await _told_by_another(world, case, end.url)
            return policy, _messages(end), world.notices()[0].state

    policy, messages, state = asyncio.run(story())
    assert AFTER[policy, place] == (state, len(messages))
    assert 1 >= len({_known_again_by(message) for message in messages})


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_hub_that_is_killed_asks_the_provider_that_had_it(world: World, place: str) -> None:
    async def story() -> list[Asked]:
        async with far_end(like_twilio()) as main, far_end(like_twilio()) as other:
            both = f"{main.url},{other.url}"
            _news(world, TWO, both)
            await _killed(world, TWO, both, place)
            await _told_by_another(world, TWO, both)
            return [*_messages(main), *_messages(other)]

    assert 1 == len(asyncio.run(story()))
    assert "sent" == world.notices()[0].state


async def _killed(world: World, case: Case, url: str, place: str) -> None:
    program = (sys.executable, "-m", "tests.hub.notify.channels.dying")
    killed = await asyncio.create_subprocess_exec(*program, world.url, case.name, url, place)
    assert -signal.SIGKILL == await asyncio.wait_for(killed.wait(), 60)


async def _told_by_another(world: World, case: Case, url: str) -> str:
    """Let another hub take over; return what it does in doubt."""
    world.later(minutes=20)  # the lease of the first one is over
    second = dispatcher(world.store, case.name, url, world.clock)
    for _ in range(3):
        await second.step()
        world.later(minutes=2)
    await second.stop()
    (channel,) = second._house.channels.values()
    return in_doubt(channel, case.reference)


def _news(world: World, case: Case, url: str) -> None:
    """Let there be an order of somebody who can be told by this way alone."""
    channel = case.open(url)
    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup", occurred_at=NOW)  # passes quiet hours
    if channel.ADDRESS not in {"push", "chat"}:
        return

    def state(connection: Any) -> None:
        found = customers.find(connection, "c-o1")
        assert found is not None
        who = customers.settle(connection, found, NOW)
        known = {"kind": channel.ADDRESS, "address": case.to(url), "verified": False}
        customers.state_address(connection, who, **known, now=NOW)

    world.store.write_now(state)


def _far_end(case: Case) -> Any:
    return far_end(like_twilio()) if case.name == "twilio" else case.far_end()


def _messages(end: FarEnd) -> list[Asked]:
    return [one for one in end.asked if one.method != "GET" and one.path != "/token"]


def _known_again_by(asked: Asked) -> str:
    """Return what a far end tells a repetition by; where it cannot, the path all messages share."""
    return asked.headers.get("webhook-id") or asked.headers.get("topic") or asked.path
