"""Several schedulers on one database: one ticks if it can be agreed on, and all may."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic_ns

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from hub.config import Settings
from hub.live.in_process import InProcess
from hub.live.lease import Lease
from hub.live.over_redis import OverRedis
from hub.live.shared import Shared
from hub.scheduler.timetable import Leader, timetable
from tests.faults.postgres import new_database
from tests.hub.live.engines import Server, server, until
from tests.hub.scheduler.test_time import START, World, order, promise


@asynccontextmanager
async def process(server: Server) -> AsyncIterator[OverRedis]:
    shared = Shared(server.url, "leader")
    live = OverRedis(shared)
    running = asyncio.create_task(live.run())
    await until(lambda: shared.here)
    yield live
    await live.stop()
    await running


@pytest.fixture
def own() -> Iterator[Server]:
    with server() as running:
        yield running


def test_of_two_one_leads_until_it_stops(own: Server) -> None:
    async def go() -> None:
        async with process(own) as second:
            async with process(own) as first:
                seen = [await one.leads() for one in (first, second, first, second)]
                assert [True, False, True, False] == seen
            assert await second.leads()

    asyncio.run(go())


def test_a_leader_that_dies_is_followed_when_its_lease_is_over(own: Server) -> None:
    async def go() -> None:
        shared = Shared(own.url, "leader")
        running = asyncio.create_task(shared.run("nothing", lambda _: None))
        await until(lambda: shared.here)
        dead, heir = Lease(shared, "x", 0.2), Lease(shared, "x", 0.2)
        assert await dead.leads()
        assert not await heir.leads()
        led = []

        async def leads() -> None:
            while not led:
                led.extend([1] if await heir.leads() else [])

        await asyncio.wait_for(leads(), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())


def test_while_the_redis_is_away_everybody_leads(own: Server) -> None:
    async def go() -> None:
        async with process(own) as first, process(own) as second:
            assert await first.leads()
            own.stop()
            assert await second.leads()
            assert await first.leads()

    asyncio.run(go())


def a_ticker(world: World, leader: Leader) -> AsyncIOScheduler:
    return timetable(
        world.store,
        Settings(),
        world.clock,
        arrived=lambda: None,
        recheck=world.pipeline.recheck,
        leader=leader,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgresql"), f"leader{monotonic_ns()}")
    opened = World(url)
    yield opened
    opened.store.close()


def test_a_leader_that_does_not_reach_the_database_lets_another_one_try(
    own: Server, tmp_path: Path
) -> None:
    async def go() -> None:
        away = World(f"sqlite:///{tmp_path}/away.db")
        away.store.close()
        async with process(own) as first, process(own) as second:
            assert await first.leads()
            await a_ticker(away, first).get_job("retention").func()
            assert await second.leads()

    asyncio.run(go())


def test_who_does_not_lead_leaves_the_database_alone(own: Server, world: World) -> None:
    world.tell(*order(), promise(START + timedelta(hours=1)))
    world.now = START + timedelta(hours=9)

    async def go() -> list[int]:
        async with process(own) as first, process(own) as second:
            assert await first.leads()
            found = []
            for leader in (second, first):
                await a_ticker(world, leader).get_job("promises").func()
                found.append(world.waiting())
            return found

    assert asyncio.run(go()) == [0, 1]


def test_two_that_tick_at_once_tell_everything_once(world: World) -> None:
    """Without a Redis a shared database is asked; the ids of facts are the authority."""
    world.tell(*order(), promise(START + timedelta(hours=1)))
    world.now = START + timedelta(hours=9)

    async def go() -> None:
        tickers = [a_ticker(world, InProcess()) for _ in range(2)]
        for name in ("promises", "recheck", "expiry", "retention"):
            await asyncio.gather(*(one.get_job(name).func() for one in tickers))

    asyncio.run(go())
    assert world.waiting() == (1 if world.store.shared else 2)
    world.drain()

    assert world.told().count("delayed") == 1
    assert world.waiting() == 0
