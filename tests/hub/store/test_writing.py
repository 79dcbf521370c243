"""When much waits to be written, or nothing can be: bounded, answered soon, deliveries first."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select
from sqlmodel import SQLModel

from hub.store import log
from hub.store.session import Store, StoreUnavailable
from hub.store.tables import RawRow, table
from hub.store.writing import ROOM

RAW = table(RawRow)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/hub.db")
    SQLModel.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def raw() -> dict[str, Any]:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return {"connector": "x", "source": "x", "received_at": at, "headers": "{}", "body": b"{}"}


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(RAW)).scalar_one()


@asynccontextmanager
async def held_up(store: Store) -> AsyncIterator[None]:
    """The writer is in the middle of a piece of work as long as this is open."""
    gate, busy = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(connection: Connection) -> None:
        loop.call_soon_threadsafe(busy.set)
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()

    working = asyncio.create_task(store.write(slow))
    await busy.wait()
    try:
        yield
    finally:
        gate.set()
        await working


async def handed_over(pieces: list[Any]) -> list[asyncio.Task[Any]]:
    tasks = [asyncio.create_task(one) for one in pieces]
    await asyncio.sleep(0)  # noqa: TID251 - lets the tasks hand their work over
    return tasks


def test_when_there_is_no_room_the_next_is_refused_and_none_that_waits_is_lost(
    store: Store,
) -> None:
    async def go() -> None:
        async with held_up(store):
            waiting = await handed_over([store.append(log.append, raw()) for _ in range(ROOM)])
            with pytest.raises(StoreUnavailable, match=f"{ROOM} rows wait"):
                await store.append(log.append, raw())
        await asyncio.gather(*waiting)
        await store.append(log.append, raw())

    asyncio.run(go())

    assert ROOM + 1 == store.read_now(count)


def test_a_locked_database_is_not_tried_once_for_each_that_waits(store: Store) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        connection.commit()
    begun: list[int] = []
    event.listen(store.engine, "begin", lambda _: begun.append(1))
    blocker = sqlite3.connect(str(store.url.database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    async def go() -> list[Any]:
        pieces = [store.append(log.append, raw()) for _ in range(100)]
        return await asyncio.gather(*pieces, store.write(count), return_exceptions=True)

    answers = asyncio.run(go())
    blocker.close()

    assert {StoreUnavailable} == {type(one) for one in answers}
    assert len(begun) <= 5  # whoever came first, then the group, then one of it; and the work
    assert 0 == store.read_now(count)


def test_deliveries_are_durable_before_the_work_that_came_with_them_is_done(store: Store) -> None:
    seen: list[int] = []

    def look(connection: Connection) -> None:
        with sqlite3.connect(str(store.url.database)) as other:
            seen.append(other.execute("SELECT count(*) FROM raw").fetchone()[0])

    async def go() -> None:
        async with held_up(store):
            pieces = [store.write(look), *[store.append(log.append, raw()) for _ in range(3)]]
            waiting = await handed_over(pieces)
        await asyncio.gather(*waiting)

    asyncio.run(go())

    assert [3] == seen


def test_what_may_wait_is_written_with_the_next_that_may_not(store: Store) -> None:
    groups: list[list[str]] = []

    def note(_connection: Connection, several: Sequence[str]) -> None:
        groups.append([*several])

    async def go() -> None:
        await store.append(note, "nobody came meanwhile", 0.01)
        long = 600.0
        patient = await handed_over([store.append(note, one, long) for one in ("a", "b")])
        await store.append(note, "urgent")
        await asyncio.gather(*patient)

    asyncio.run(go())

    assert [["nobody came meanwhile"], ["a", "b", "urgent"]] == groups


def test_who_closes_does_not_wait_for_others(store: Store) -> None:
    async def go() -> None:
        waiting = await handed_over([store.append(log.append, raw(), 600.0)])
        await asyncio.to_thread(store.close)
        await asyncio.gather(*waiting)

    asyncio.run(go())

    again = Store(str(store.url))
    assert 1 == again.read_now(count)
    again.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_breaks_down_leaves_nobody_waiting(store: Store) -> None:
    def broken(connection: Connection) -> None:
        raise SystemExit

    async def go() -> list[Any]:
        async with held_up(store):
            waiting = await handed_over([store.write(broken), store.write(count)])
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert [StoreUnavailable] * 2 == [type(one) for one in asyncio.run(go())]
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write_now(count)
    assert not store.alive
