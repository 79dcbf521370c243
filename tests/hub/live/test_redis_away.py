"""The Redis goes and comes: inside a process nothing changes, and between them it heals itself."""

import asyncio
from collections.abc import Iterator
from time import monotonic

import pytest

from hub.live import State
from hub.live.contract import rest
from hub.live.over_redis import OverRedis
from hub.live.shared import PATIENCE, Away, Shared
from hub.telemetry import REGISTRY
from tests.hub.live.engines import Server, server, two, until


@pytest.fixture
def own() -> Iterator[Server]:
    """A server this test may do anything to."""
    with server() as running:
        yield running


def away() -> float | None:
    return REGISTRY.get_sample_value("tilanne_redis_away")


def test_it_is_heard_again_after_the_server_was_away(own: Server) -> None:
    async def go() -> None:
        heard: list[str] = []
        async with two(own.url) as ends:
            ends.here.arrived.heard_by(lambda: heard.append("here"))
            ends.there.arrived.heard_by(lambda: heard.append("there"))
            own.stop()
            await until(lambda: ends.here.state is ends.there.state is State.AWAY)
            assert away() == 1
            ends.here.arrived.ring()
            assert heard == ["here"]
            await rest(0.05)
            own.start()
            await until(lambda: ends.here.state is ends.there.state is State.HERE)
            assert away() == 0
            ends.here.arrived.ring()
            await until(lambda: "there" in heard)

    asyncio.run(go())


def test_a_hub_that_starts_without_its_redis_finds_it_later(own: Server) -> None:
    async def go() -> None:
        own.stop()
        shared = Shared(own.url, "test")
        live = OverRedis(shared)
        running = asyncio.create_task(live.run())
        live.arrived.ring()
        await rest(0.3)
        assert live.state is State.AWAY
        own.start()
        await until(lambda: live.state is State.HERE)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())


def test_while_it_is_away_nobody_waits_for_it(own: Server) -> None:
    async def go() -> float:
        shared = Shared(own.url, "test")
        running = asyncio.create_task(OverRedis(shared).run())
        await until(lambda: shared.here)
        own.stop()
        await until(lambda: not shared.here)
        began = monotonic()
        for _ in range(100):
            with pytest.raises(Away):
                await shared.ask(lambda redis: redis.get("x"))
        spent = monotonic() - began
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return spent

    assert asyncio.run(go()) < PATIENCE


def test_a_server_that_hangs_costs_one_short_wait_and_comes_back(own: Server) -> None:
    async def go() -> float:
        async with two(own.url) as ends:
            assert isinstance(ends.here, OverRedis)
            shared = ends.here._shared
            with own.hanging():
                began = monotonic()
                for _ in range(100):
                    with pytest.raises(Away):
                        await shared.ask(lambda redis: redis.get("x"))
                spent = monotonic() - began
                await rest(1.0)
                assert ends.here.state is State.AWAY
            await until(lambda: shared.here)
            return spent

    assert asyncio.run(go()) < 2 * PATIENCE + 0.1


def test_a_server_that_is_full_or_holds_something_else_is_refusing_not_away(own: Server) -> None:
    async def go() -> None:
        async with two(own.url) as ends:
            assert isinstance(ends.here, OverRedis)
            shared = ends.here._shared
            own.say("SET", "a-text", "1")
            with pytest.raises(Away, match="refused"):
                await shared.ask(lambda redis: redis.lpush("a-text", "2"))
            assert shared.here

    asyncio.run(go())


def test_strange_messages_are_passed_over(own: Server) -> None:
    strange = ("", "{", "[]", "null", '{"from":1}', '{"from":"x","bells":["gong"],"versions":{}}')

    async def go() -> None:
        heard: list[int] = []
        async with two(own.url) as ends:
            ends.there.arrived.heard_by(lambda: heard.append(1))
            for text in (*strange, '{"from":"x","bells":[],"versions":{"a":"b"}}'):
                own.say("PUBLISH", "test:live", text)
            ends.here.arrived.ring()
            await until(lambda: heard)

    asyncio.run(go())
