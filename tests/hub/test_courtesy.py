"""Whoever stands at the door comes first; but nobody waits for ever."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.config import Settings
from hub.courtesy import BEHIND, Courtesy
from hub.pipeline.batch import BATCH, SMALL
from hub.pipeline.run import RUSH, SOME, Pipeline
from hub.pipeline.translate import Translator
from hub.store import log
from hub.store.migrate import migrate
from hub.store.session import Store

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LONG = 60.0  #: seconds nobody waits in these tests


def test_with_nobody_at_the_door_nobody_waits() -> None:
    asyncio.run(Courtesy().wait(LONG))


def test_work_begins_when_the_last_visitor_has_gone() -> None:
    courtesy, seen = Courtesy(), []

    async def visitor(gone: asyncio.Event, name: str) -> None:
        with courtesy.visit():
            await gone.wait()
            seen.append(name)

    async def work() -> None:
        await courtesy.wait(LONG)
        seen.append("work")

    async def go() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        visits = [
            asyncio.create_task(visitor(first, "one")),
            asyncio.create_task(visitor(second, "two")),
        ]
        working = asyncio.create_task(work())
        first.set()
        await visits[0]
        second.set()
        await asyncio.gather(working, *visits)

    asyncio.run(go())

    assert ["one", "two", "work"] == seen


def test_a_visitor_who_stays_does_not_hold_up_the_work_for_ever() -> None:
    async def go() -> None:
        courtesy = Courtesy()
        with courtesy.visit():
            await courtesy.wait(0.01)

    asyncio.run(go())


def with_deliveries(folder: Path, number: int) -> Store:
    store = Store(f"sqlite:///{folder}/hub.db")
    migrate(store)
    row = {"connector": "x", "source": "x", "received_at": NOW, "headers": "{}"}
    rows = [row | {"body": str(n).encode()} for n in range(number)]
    store.write_now(lambda c: log.append(c, rows))
    return store


@pytest.mark.parametrize(
    "visits, size", [(0, 2 * SMALL), (SOME, SMALL), (40, 50), (RUSH + 1, SMALL)]
)
def test_a_stream_is_kept_pace_with_and_a_rush_finds_the_door_free(
    tmp_path: Path, visits: int, size: int
) -> None:
    store = with_deliveries(tmp_path, 2 * SMALL)
    courtesy = Courtesy()
    pipeline = Pipeline(store, Translator({}, Settings()), lambda _: None, courtesy)

    async def go() -> int:
        for _ in range(visits):
            with courtesy.visit():
                pass
        return await pipeline.step()

    assert size == asyncio.run(go())
    store.close()


@pytest.mark.parametrize("waited, catching_up", [(BEHIND / 2, False), (BEHIND * 2, True)])
def test_whoever_reads_what_has_waited_for_long_goes_before_whoever_tells(
    tmp_path: Path, waited: float, catching_up: bool
) -> None:
    store, courtesy = with_deliveries(tmp_path, BATCH + 1), Courtesy()
    later = NOW + timedelta(seconds=waited)
    reads = Pipeline(
        store, Translator({}, Settings()), lambda _: None, courtesy, clock=lambda: later
    )

    assert BATCH == asyncio.run(reads.step())
    assert catching_up == courtesy.catching_up
    assert 1 == asyncio.run(reads.step())
    assert not courtesy.catching_up  # all of it is read
    store.close()


def test_whoever_tells_does_not_let_the_reader_go_first_for_ever() -> None:
    courtesy = Courtesy(patience=0.0)
    courtesy.read(BEHIND)
    assert not courtesy.catching_up
