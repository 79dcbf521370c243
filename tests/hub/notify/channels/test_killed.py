"""kill -9 in every phase of every channel: told once, or held, as its policy says."""

import asyncio
import signal
import sys
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from hub.store import customers
from tests.hub.notify.channels.cases import CASES, PHONE, Case
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
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("place", PLACES)
def test_a_hub_that_is_killed_tells_once_or_says_why_not(
    world: World, case: Case, place: str
) -> None:
    async def story() -> tuple[str, list[Asked], str]:
        async with _far_end(case) as end:
            _news(world, case, end.url)
            program = (sys.executable, "-m", "tests.hub.notify.channels.dying")
            killed = await asyncio.create_subprocess_exec(
                *program, world.url, case.name, end.url, place
            )
            assert -signal.SIGKILL == await asyncio.wait_for(killed.wait(), 60)
            world.later(minutes=20)  # its lease is over
            second = dispatcher(world.store, case.name, end.url, world.clock)
            for _ in range(3):
                await second.step()
                world.later(minutes=2)
            await second.stop()
            (channel,) = second._house.channels.values()
            return channel.on_ambiguous, _messages(end), world.notices()[0].state

    policy, messages, state = asyncio.run(story())
    assert AFTER[policy, place] == (state, len(messages))
    assert 1 >= len({_known_again_by(message) for message in messages})


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
    if case.name != "twilio":
        return case.far_end()
    taken: list[dict[str, str]] = []

    def answer(asked: Asked) -> web.Response:
        if asked.method == "GET":
            return web.json_response({"messages": taken})
        taken.append({"sid": "SM1", "body": _form(asked)["Body"]})
        return web.json_response({"sid": "SM1"}, status=201)

    return far_end(answer)


def _messages(end: FarEnd) -> list[Asked]:
    return [one for one in end.asked if one.method != "GET" and one.path != "/token"]


def _form(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode()))


def _known_again_by(asked: Asked) -> str:
    """Return what a far end tells a repetition by; where it cannot, the path all messages share."""
    return asked.headers.get("webhook-id") or asked.headers.get("topic") or asked.path
