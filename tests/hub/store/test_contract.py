"""One contract, two databases: what is promised of a store holds on SQLite and on PostgreSQL."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from subprocess import PIPE
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hub.store import log
from hub.store.migrate import is_current
from hub.store.session import AlreadyRunning, Store, StoreUnavailable
from hub.store.tables import AcceptedRow, RawRow, table
from tests.faults.hub_process import wait_for

RAW, ACCEPTED = table(RawRow), table(AcceptedRow)


def raw(body: bytes = b"{}") -> dict[str, Any]:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return {"connector": "x", "source": "x", "received_at": at, "headers": "{}", "body": body}


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(RAW)).scalar_one()


def bodies(store: Store) -> list[bytes]:
    return [one.body for one in store.read_now(lambda c: log.after(c, 0, 1000))]


def is_alone(store: Store) -> bool:
    try:
        store.hold_alone()
    except AlreadyRunning:
        return False
    return True


def test_what_was_answered_is_there_for_whoever_opens_the_database(url: str, either: Store) -> None:
    asyncio.run(either.append(log.append, raw(b"kept")))
    other = Store(url)

    assert [b"kept"] == bodies(other)
    other.close()


def test_rows_that_wait_together_are_counted_and_ordered(either: Store) -> None:
    async def go() -> None:
        await asyncio.gather(*[either.append(log.append, raw(b"%d" % n)) for n in range(50)])

    before = either.commits
    asyncio.run(go())

    assert [b"%d" % n for n in range(50)] == bodies(either)
    assert 50 == either.read_now(lambda c: c.execute(select(ACCEPTED.c.raws)).scalar_one())
    assert either.commits - before <= 3


def test_a_piece_of_work_that_fails_leaves_no_trace_and_its_neighbours_alone(
    either: Store,
) -> None:
    def broken(connection: Connection) -> None:
        log.append(connection, [raw(b"half")])
        raise RuntimeError("no")

    async def go() -> list[Any]:
        pieces = [either.write(broken), either.append(log.append, raw(b"whole"))]
        return await asyncio.gather(*pieces, return_exceptions=True)

    assert [RuntimeError, type(None)] == [type(one) for one in asyncio.run(go())]
    assert [b"whole"] == bodies(either)


def test_of_two_readers_at_one_place_of_the_log_one_moves_on(url: str, either: Store) -> None:
    either.write_now(lambda c: log.append(c, [raw(), raw()]))
    other, gate = Store(url), threading.Barrier(2, timeout=30)

    def read(store: Store) -> str:
        gate.wait()
        try:
            store.write_now(lambda c: log.advance(c, log.READER, old=0, new=2))
        except log.CursorMoved:
            return "too late"
        return "moved"

    with ThreadPoolExecutor(2) as threads:
        answers = [one.result() for one in [threads.submit(read, s) for s in (either, other)]]
    other.close()

    assert ["moved", "too late"] == sorted(answers)
    assert 2 == either.read_now(lambda c: log.position(c, log.READER))


def test_who_wants_to_be_alone_is_refused_while_a_hub_is_at_work(url: str, either: Store) -> None:
    either.join()
    other = Store(url)

    with pytest.raises(AlreadyRunning, match="another hub already works on"):
        other.hold_alone()
    either.close()
    wait_for(lambda: is_alone(other), "the server to notice that the session is over")
    late = Store(url)
    with pytest.raises(AlreadyRunning, match="another hub already works on"):
        late.join()
    for store in (late, other):
        store.close()


def test_a_file_has_one_hub_and_a_server_as_many_as_there_are(url: str, either: Store) -> None:
    either.join()
    other = Store(url)
    try:
        other.join()
        joined = True
    except AlreadyRunning:
        joined = False

    assert either.shared is joined
    other.close()


def test_hubs_that_start_at_the_same_time_migrate_once(url: str) -> None:
    program = (
        "import sys; from hub.store.migrate import migrate; from hub.store.session import Store;"
        "store = Store(sys.argv[1]); sys.stdin.read(); migrate(store); store.close()"
    )
    command = [sys.executable, "-c", program, url]
    hubs = [subprocess.Popen(command, stdin=PIPE, stderr=PIPE, text=True) for _ in range(3)]
    for hub in hubs:  # all have read the program and wait
        assert hub.stdin is not None
        hub.stdin.close()
        hub.stdin = None
    said = [hub.communicate(timeout=60)[1] for hub in hubs]
    store = Store(url)

    assert ["", "", ""] == said
    assert [0, 0, 0] == [hub.returncode for hub in hubs]
    assert store.read_now(is_current)
    store.close()


def test_a_closed_store_answers_that_it_is_closed(either: Store) -> None:
    either.close()

    with pytest.raises(StoreUnavailable, match="closed"):
        either.write_now(count)
    assert not either.alive
