"""A lane that flows takes ahead what it will send in a moment; one that does not keeps nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from hub.config import Settings, Sink
from hub.notify.audience import House
from hub.notify.breaker import IN_A_ROW
from hub.notify.channels import open_channels
from hub.notify.holding import NOT_BEGUN
from hub.notify.lanes import AHEAD, Health, Traffic, lanes
from hub.store.attempts import Lane
from hub.store.settling import ATTEMPT
from tests.hub.notify.channels.cases import says
from tests.hub.notify.channels.far_ends import FarEnd, Trouble, far_end
from tests.hub.notify.world import CATALOGUES, NOW, SECRET, World

STORE = Lane("webhook", "store")
ORDERS = 200


def settings(url: str = "http://127.0.0.1:9") -> Settings:
    store = Sink(name="store", url=f"{url}/hook", secret=SECRET)
    return Settings(sinks=[store], sink_networks=["127.0.0.0/8"])


@pytest.fixture
def traffic(world: World) -> Traffic:
    return Traffic(house(world))


def house(world: World) -> House:
    return House(settings(), open_channels(world.tools(settings())), CATALOGUES)


def sent(traffic: Traffic, notices: int) -> None:
    async def go() -> None:
        for _ in range(notices):
            assert await traffic.turn(STORE, traffic.begun(STORE))
            traffic.answered(STORE, NOW, Health.WELL)
            traffic.settled(STORE)

    asyncio.run(go())


def test_a_lane_takes_twice_what_it_has_sent_since_the_last_look_within_bounds(
    world: World, traffic: Traffic
) -> None:
    places = lanes(house(world))[STORE]
    room = []
    for notices in (0, places // 2, places, 2 * places, 50 * places, 0):
        sent(traffic, notices)
        room.append(traffic.free(NOW)[STORE] // places)

    assert [1, 1, 2, 4, AHEAD, 1] == room


def test_what_is_taken_ahead_waits_for_a_place(world: World, traffic: Traffic) -> None:
    places = lanes(house(world))[STORE]

    async def story() -> list[bool]:
        turns = [
            asyncio.create_task(traffic.turn(STORE, traffic.begun(STORE)))
            for _ in range(places + 2)
        ]
        await asyncio.wait(turns[:places])
        before = [one.done() for one in turns[places:]]
        traffic.answered(STORE, NOW, Health.WELL)
        await asyncio.wait(turns, return_when=asyncio.ALL_COMPLETED, timeout=0.01)
        after = [one.done() for one in turns[places:]]
        turns[-1].cancel()
        return [*before, *after]

    assert [False, False, True, False] == asyncio.run(story())


def test_who_waits_when_the_far_end_is_found_ill_does_not_begin(traffic: Traffic) -> None:
    async def story() -> bool:
        begun = [traffic.begun(STORE) for _ in range(IN_A_ROW + 1)]
        for one in begun[:IN_A_ROW]:
            assert await traffic.turn(STORE, one)
            traffic.answered(STORE, NOW, Health.ILL)
        return await traffic.turn(STORE, begun[-1])

    assert not asyncio.run(story())


def test_what_was_taken_ahead_for_a_sink_that_falls_ill_goes_back_and_is_told_later(
    world: World,
) -> None:
    for n in range(ORDERS):
        world.add_order(f"o{n}")
        world.tell("shipped", f"parcel:{n}", order_id=f"o{n}")

    async def story() -> tuple[int, int]:
        async with far_end(says({})) as end:
            end.well = well_until(end, ORDERS // 3)
            dispatcher = world.dispatcher(settings(end.url))
            while end.trouble is None:
                assert await dispatcher.step()
            asked, end.trouble, end.well = len(end.asked), None, says({})
            for _ in range(30):  # minutes
                world.now += timedelta(minutes=1)
                while await dispatcher.step():
                    pass
            await dispatcher.stop()
            return asked, len({one.headers["webhook-id"] for one in end.asked})

    asked, told = asyncio.run(story())
    put_back = [one for one in world.rows(ATTEMPT) if one.detail == NOT_BEGUN]
    assert (ORDERS, {"sent"}) == (told, {row.state for row in webhooks(world)})
    assert {"retry"} == {one.outcome for one in put_back}
    assert asked < ORDERS // 3 + len(put_back)  # most of what had been taken was not tried


def test_what_was_taken_ahead_for_a_sink_that_is_gone_is_not_posted(world: World) -> None:
    for n in range(ORDERS):
        world.add_order(f"o{n}")
        world.tell("shipped", f"parcel:{n}", order_id=f"o{n}")

    async def story() -> int:
        async with far_end(says({})) as end:
            end.well = gone_from(end, ORDERS // 3)
            dispatcher = world.dispatcher(settings(end.url))
            while await dispatcher.step():
                pass
            await dispatcher.stop()
            return len(end.asked)

    asked = asyncio.run(story())
    places = lanes(house(world))[STORE]
    assert ORDERS // 3 <= asked < ORDERS // 3 + 2 * places  # those that were under way
    assert {"sent", "suppressed"} == {row.state for row in webhooks(world)}


def gone_from(end: FarEnd, many: int) -> Any:
    def answer(asked: Any) -> Any:
        return web.Response(status=410) if len(end.asked) >= many else says({})(asked)

    return answer


def well_until(end: FarEnd, many: int) -> Any:
    def answer(asked: Any) -> Any:
        if len(end.asked) == many:
            end.trouble = Trouble.LATER
        return says({})(asked)

    return answer


def webhooks(world: World) -> list[Any]:
    return [row for row in world.notices() if row.channel == "webhook"]
