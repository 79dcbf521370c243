"""What is kept of telling is kept alike by PostgreSQL: feeds, receipts, caps, closed addresses."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hub.notify.caps import Caps, over
from hub.store import allowances, feeds, receipts, suppressions
from hub.store.migrate import migrate
from hub.store.session import Store
from tests.faults.postgres import server
from tests.hub.notify.world import NOW


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with server() as url:
        opened = Store(url)
        migrate(opened)
        yield opened
        opened.close()


def test_a_feed_shows_its_messages_in_the_order_they_became_visible(store: Store) -> None:
    """Writers that race leave no gap: a reader that has read up to one has missed none."""

    def write(n: int) -> None:
        for one in range(10):
            with store.engine.begin() as connection:
                feeds.put(connection, "till", f"msg_{n}_{one}", b"{}", NOW)

    seen: list[int] = []
    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers) or len(seen) < 40:
        after = seen[-1] if seen else 0
        seen += [row.position for row in store.read_now(lambda c: feeds.page(c, "till", after, 7))]  # noqa: B023
    for writer in writers:
        writer.join()

    assert [*range(1, 41)] == seen


def test_counting_and_closing_and_reporting_are_once(store: Store) -> None:
    def write(connection: Any) -> list[object]:
        caps = Caps(recipient=2)
        row = {"provider": "dsn", "event": "1", "channel": "email", "provider_ref": "x"}
        row |= {"what": "bounced", "notice_id": None, "n": None, "detail": ""}
        row |= {"at": NOW, "received_at": NOW}
        return [
            [over(connection, "sms", caps, "+3584", NOW) is None for _ in range(3)],
            [suppressions.close(connection, "sms", "+3584", why="x", now=NOW) for _ in range(2)],
            [receipts.add(connection, row) for _ in range(2)],
        ]

    assert [[True, True, False], [True, False], [True, False]] == store.write_now(write)
    closed = store.read_now(lambda c: suppressions.closed(c, ["sms", "email"], ["+3584", "+3585"]))
    assert {("sms", "+3584"): "x"} == {where: row.why for where, row in closed.items()}
    assert store.read_now(lambda c: receipts.attempt_of(c, "email", "x")) is None
    store.write_now(lambda c: allowances.forget(c, NOW))
