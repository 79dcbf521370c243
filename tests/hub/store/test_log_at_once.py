"""Two doors append to the log at the same moment: the reader must not go past either raw."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from hub.store import log
from hub.store.migrate import migrate
from hub.store.session import Store
from tests.faults.hub_process import wait_for


def raw(body: bytes) -> dict[str, Any]:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    source = body.decode()  # of its own, or counting them would make one wait for the other
    return {"connector": "x", "source": source, "received_at": at, "headers": "{}", "body": body}


def waits(store: Store) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return store.read_now(lambda c: c.execute(query).scalar_one()) > 0


class Reader:
    """Reads the log as the pipeline does, and never turns back."""

    def __init__(self, store: Store) -> None:
        self.store, self.read = store, list[bytes]()

    def step(self) -> int:
        last = self.store.read_now(lambda c: log.position(c, log.READER))
        rows = self.store.read_now(lambda c: log.after(c, last, 100))
        if rows:
            self.read += [row.body for row in rows]
            self.store.write_now(lambda c: log.advance(c, log.READER, old=last, new=rows[-1].id))
        return len(rows)


def test_a_raw_whose_commit_comes_late_is_not_passed_over(server: str) -> None:
    store, door = Store(server), Store(server)
    migrate(store)
    reader = Reader(store)
    with ThreadPoolExecutor(1) as threads:
        with door.engine.begin() as slow:
            log.append(slow, [raw(b"slow")])
            quick = threads.submit(store.write_now, lambda c: log.append(c, [raw(b"quick")]))
            wait_for(lambda: quick.done() or waits(door), "the other door to wait, or to be done")
            reader.step()
        quick.result(timeout=30)
    reader.step()
    for one in (store, door):
        one.close()

    assert [b"quick", b"slow"] == sorted(reader.read)


def test_whatever_several_doors_append_at_once_is_read_once(server: str) -> None:
    doors = [Store(server) for _ in range(3)]
    store = Store(server)
    migrate(store)
    reader = Reader(store)

    def stand(number: int) -> None:
        for n in range(60):
            body = b"%d of %d" % (n, number)
            doors[number].write_now(lambda c, body=body: log.append(c, [raw(body)]))

    with ThreadPoolExecutor(3) as threads:
        standing = [threads.submit(stand, number) for number in range(3)]
        while not all(one.done() for one in standing):
            reader.step()
        for one in standing:
            one.result()
    while reader.step():
        pass
    for one in (store, *doors):
        one.close()

    assert sorted(b"%d of %d" % (n, m) for n in range(60) for m in range(3)) == sorted(reader.read)
