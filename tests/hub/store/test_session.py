"""The writer commits what waits together, keeps neighbours apart and never says yes too early."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlmodel import SQLModel

from hub.store import log
from hub.store.rows import insert_new, update_each, upsert
from hub.store.session import AlreadyRunning, Store, StoreUnavailable
from hub.store.tables import CursorRow, RawRow, table

RAW = table(RawRow)
CURSOR = table(CursorRow)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/hub.db")
    SQLModel.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def raw(body: bytes = b"{}") -> dict[str, Any]:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return {"connector": "x", "source": "x", "received_at": at, "headers": "{}", "body": body}


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(RAW)).scalar_one()


def on_disk(store: Store) -> int:
    with sqlite3.connect(str(store.url.database)) as other:
        return int(other.execute("SELECT count(*) FROM raw").fetchone()[0])


def test_what_append_answered_can_be_read_by_another_process(store: Store) -> None:
    async def go() -> None:
        for number in range(1, 4):
            await store.append(log.append, raw())

            assert number == on_disk(store)

    asyncio.run(go())


def test_work_that_waits_together_is_committed_together(store: Store) -> None:
    async def go() -> None:
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow(connection: Connection) -> None:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()

        first = asyncio.create_task(store.write(slow))
        appends = [asyncio.create_task(store.append(log.append, raw())) for _ in range(50)]
        await asyncio.sleep(0)  # noqa: TID251 - lets the tasks hand their work over
        gate.set()
        await asyncio.gather(first, *appends)

    before = store.commits
    asyncio.run(go())

    assert store.read_now(count) == 50
    assert store.commits - before <= 3


def test_a_piece_of_work_that_fails_does_not_spoil_its_neighbours(store: Store) -> None:
    def broken(connection: Connection) -> None:
        connection.execute(RAW.insert(), [raw(b"half")])
        raise RuntimeError("no")

    async def go() -> list[Any]:
        pieces = [
            store.append(log.append, raw()),
            store.write(broken),
            store.append(log.append, raw()),
        ]
        return await asyncio.gather(*pieces, return_exceptions=True)

    answers = asyncio.run(go())

    assert [type(answer) for answer in answers] == [type(None), RuntimeError, type(None)]
    assert store.read_now(count) == 2


def test_a_locked_database_is_unavailable_and_comes_back_by_itself(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    SQLModel.metadata.create_all(store.engine)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        connection.commit()
    blocker = sqlite3.connect(f"{tmp_path}/hub.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StoreUnavailable, match="locked"):
        asyncio.run(store.append(log.append, raw()))
    blocker.execute("COMMIT")
    asyncio.run(store.append(log.append, raw()))

    assert store.read_now(count) == 1
    blocker.close()
    store.close()


def test_the_number_of_a_deleted_raw_is_never_given_again(store: Store) -> None:
    ids = []
    for _ in range(3):
        asyncio.run(store.append(log.append, raw()))
        ids.append(store.read_now(lambda c: c.execute(select(func.max(RAW.c.id))).scalar_one()))
        store.write_now(lambda c: c.execute(RAW.delete()))

    assert ids == sorted(set(ids))


def test_a_second_hub_is_refused(store: Store) -> None:
    store.hold_alone()
    second = Store(str(store.url))

    with pytest.raises(AlreadyRunning, match="another hub already works on"):
        second.hold_alone()
    second.close()


def test_insert_new_says_which_rows_were_new(store: Store) -> None:
    rows = [{"reader": "a", "position": 1}, {"reader": "b", "position": 1}]
    store.write_now(lambda c: insert_new(c, CURSOR, rows[:1]))

    new = store.write_now(lambda c: insert_new(c, CURSOR, rows, returning=("reader",)))

    assert [tuple(row) for row in new] == [("b",)]


def test_upsert_replaces_only_what_it_names(store: Store) -> None:
    for position in (1, 2):
        rows = [{"reader": "a", "position": position}]
        store.write_now(lambda c, rows=rows: upsert(c, CURSOR, rows, update=["position"]))

    assert store.read_now(lambda c: c.execute(select(CURSOR.c.position)).scalar_one()) == 2


def test_update_each_sets_what_it_names_where_there_is_such_a_row(store: Store) -> None:
    rows = [{"reader": "a", "position": 1}, {"reader": "b", "position": 2}]
    store.write_now(lambda c: insert_new(c, CURSOR, rows))
    changed = [{"reader": "b", "position": 7}, {"reader": "c", "position": 8}]

    assert 1 == store.write_now(lambda c: update_each(c, CURSOR, changed, "reader"))
    stored = store.read_now(lambda c: c.execute(select(CURSOR)).all())
    assert [("a", 1), ("b", 7)] == sorted(map(tuple, stored))


@pytest.mark.parametrize("url", ["sqlite://", "mysql://x/y", "nonsense"])
def test_a_url_that_is_no_database_of_ours_is_refused_by_name(url: str) -> None:
    with pytest.raises(Exception, match=r"TILANNE_DATABASE_URL|Could not parse"):
        Store(url)


def test_work_whose_caller_has_gone_away_does_not_stop_the_writer(store: Store) -> None:
    async def go() -> None:
        gate, busy = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow(connection: Connection) -> None:
            loop.call_soon_threadsafe(busy.set)
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()

        running = asyncio.create_task(store.write(slow))
        await busy.wait()
        waiting = asyncio.create_task(store.append(log.append, raw(b"never")))
        await asyncio.sleep(0)  # noqa: TID251 - lets the task hand its work over
        running.cancel()
        waiting.cancel()
        gate.set()
        await asyncio.gather(running, waiting, return_exceptions=True)
        await store.append(log.append, raw(b"after"))

    asyncio.run(go())

    assert store.read_now(lambda c: c.execute(select(RAW.c.body)).scalars().all()) == [b"after"]


def test_what_the_database_refused_is_told_without_what_was_in_it(store: Store) -> None:
    row = raw(b"x") | {"connector": None, "source": "aino@asiakas.example"}

    with pytest.raises(StoreUnavailable) as refused:
        asyncio.run(store.append(log.append, row))

    assert "aino" not in str(refused.value)
