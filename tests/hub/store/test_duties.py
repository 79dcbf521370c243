"""Of several processes one reads the log, and when it dies another one does; a tick is one's."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.config import Settings
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.store import duties, log
from hub.store.duties import Duty
from hub.store.migrate import migrate
from hub.store.session import Store
from tests.hub.notify.world import until

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_one_has_the_duty_and_keeps_it_as_long_as_it_renews_it(either: Store) -> None:
    clock = Clock()

    async def go() -> list[tuple[bool, bool]]:
        one, other = (Duty(either, "log", clock) for _ in range(2))
        seen = []
        for _ in range(10):
            seen.append((await one.ours(), await other.ours()))
            clock.later(3)
        return seen

    alone = not either.shared
    assert [(True, alone)] * 10 == asyncio.run(go())


@pytest.mark.parametrize(("seconds", "taken"), [(9, False), (11, True)])
def test_who_dies_is_followed_when_the_lease_is_over(
    either: Store, seconds: float, taken: bool
) -> None:
    clock = Clock()

    async def go() -> bool:
        assert await Duty(either, "log", clock).ours()
        clock.later(seconds)
        return await Duty(either, "log", clock).ours()

    assert (taken or not either.shared) is asyncio.run(go())


def test_who_stops_is_followed_at_once(either: Store) -> None:
    clock = Clock()

    async def go() -> bool:
        one = Duty(either, "log", clock)
        assert await one.ours()
        await one.let_go()
        return await Duty(either, "log", clock).ours()

    assert asyncio.run(go())


def test_a_tick_is_claimed_once_until_the_next_is_due(either: Store) -> None:
    def claim(at: float) -> bool:
        now = NOW + timedelta(seconds=at)
        until_ = now + timedelta(seconds=27)
        return either.write_now(lambda c: duties.claim(c, "tick: x", now=now, until=until_))

    assert [True, False, False, True, False] == [claim(at) for at in (0, 1, 20, 30, 56)]


class Worker:
    """Reads the log of a database, beside others."""

    def __init__(self, server: str, clock: Clock) -> None:
        self.store, self.read = Store(server), list[int]()
        self.pipeline = Pipeline(
            self.store,
            Translator({}, Settings()),
            lambda applied: self.read.append(applied.raws),
            duty=Duty(self.store, log.READER, clock),
        )
        self.running = asyncio.create_task(self.pipeline.run())

    async def append(self, body: bytes) -> None:
        row = {"connector": "x", "source": "x", "received_at": NOW, "headers": "{}", "body": body}
        await self.store.append(log.append, row)

    async def stop(self) -> None:
        await self.pipeline.stop()
        await self.running


def test_of_two_workers_one_reads_the_log_and_the_other_follows(server: str) -> None:
    clock = Clock()

    async def go() -> list[int]:
        workers = [Worker(server, clock) for _ in range(2)]
        for number in range(5):
            await workers[0].append(b"%d" % number)
            for one in workers:
                one.pipeline.arrived()
            await until(lambda n=number: sum(len(one.read) for one in workers) == n + 1)
        first, other = sorted(workers, key=lambda one: -len(one.read))
        assert [] == other.read
        await first.stop()
        clock.later(3)  # the other one looks again
        await first.append(b"5")
        other.pipeline.arrived()
        await until(lambda: other.read)
        await other.stop()
        for one in workers:
            await asyncio.to_thread(one.store.close)
        return [sum(first.read), sum(other.read)]

    store = Store(server)
    migrate(store)
    store.close()

    assert [5, 1] == asyncio.run(go())
