"""A bucket of tokens, whichever engine holds it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hub.live.contract import rest
from hub.live.in_process import InProcess
from hub.live.limits import MOST, Away, Buckets, Limits, Rate
from hub.live.over_redis import OverRedis
from hub.live.shared import Shared
from tests.hub.live.engines import Server, server, until

SLOW = Rate(0.2)  #: two at once, then one in five seconds


@asynccontextmanager
async def limits(url: str | None, prefix: str = "limits") -> AsyncIterator[Limits]:
    if url is None:
        yield InProcess().limits
        return
    shared = Shared(url, prefix)
    live = OverRedis(shared)
    running = asyncio.create_task(live.run())
    await until(lambda: shared.here)
    yield live.limits
    await live.stop()
    await running


def test_so_many_at_once_and_then_one_must_wait(url: str | None) -> None:
    async def go() -> None:
        async with limits(url, "once") as ours:
            seen = [await ours.take("reader", SLOW) for _ in range(3)]
            assert [(True, 1), (True, 0), (False, 0)] == [(one.granted, one.left) for one in seen]
            assert 4.5 < seen[2].wait <= 5.0

    asyncio.run(go())


def test_a_bucket_fills_up_again_but_never_over(url: str | None) -> None:
    quick = Rate(20.0)

    async def go() -> None:
        async with limits(url, "fills") as ours:
            for _ in range(quick.burst):
                await ours.take("reader", quick)
            await rest(0.2)
            later = [(await ours.take("reader", quick)).granted for _ in range(3)]
            assert all(later)
            await rest(0.2)
            assert (await ours.take("other", quick)).left == quick.burst - 1

    asyncio.run(go())


def test_everybody_has_a_bucket_of_his_own(url: str | None) -> None:
    async def go() -> None:
        async with limits(url, "own") as ours:
            for _ in range(3):
                await ours.take("one", SLOW)
            assert (await ours.take("other", SLOW)).granted

    asyncio.run(go())


def test_two_processes_draw_from_one_bucket(valkey: Server) -> None:
    async def go() -> None:
        async with limits(valkey.url, "both") as ours, limits(valkey.url, "both") as theirs:
            seen = [await one.take("reader", SLOW) for one in (ours, theirs, ours)]
            assert [True, True, False] == [one.granted for one in seen]

    asyncio.run(go())


def test_many_at_once_get_no_more_than_there_is(valkey: Server) -> None:
    async def go() -> None:
        async with limits(valkey.url, "rush") as ours, limits(valkey.url, "rush") as theirs:
            asked = [one.take("reader", Rate(1.0)) for one in (ours, theirs) * 15]
            seen = await asyncio.gather(*asked)
            assert sum(one.granted for one in seen) in {10, 11}

    asyncio.run(go())


def test_a_redis_that_forgets_is_generous_and_goes_on() -> None:
    async def go(own: Server) -> None:
        async with limits(own.url) as ours:
            for _ in range(3):
                await ours.take("reader", SLOW)
            own.say("FLUSHALL")
            own.say("SCRIPT", "FLUSH")
            assert (await ours.take("reader", SLOW)).granted

    with server() as own:
        asyncio.run(go(own))


def test_without_the_redis_nobody_can_tell() -> None:
    async def go(own: Server) -> None:
        async with limits(own.url) as ours:
            own.stop()
            with pytest.raises(Away):
                await ours.take("reader", SLOW)
            assert ours.take_here("reader", SLOW).granted

    with server() as own:
        asyncio.run(go(own))


def test_one_process_does_not_keep_a_bucket_for_everybody_who_ever_came() -> None:
    buckets = Buckets(lambda: 0.0)
    for number in range(MOST + 10):
        buckets.take_here(str(number), SLOW)

    assert len(buckets._buckets) == MOST
