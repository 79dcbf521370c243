"""The reader, asked directly: orders as they are now, sums that agree, and spellings of keys."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlmodel import SQLModel

from hub.queries import Queries
from hub.queries.finding import behind, by_phone, cursor_at
from hub.refusals import Refused
from hub.store.rows import insert_all
from hub.store.session import Store, StoreUnavailable
from hub.store.tables import (
    BeliefRow,
    CursorRow,
    InboxRow,
    ParkedRow,
    QuarantineRow,
    RawRow,
    TimelineRow,
)
from hub.store.tables_of_notices import NoticeRow, OutboxRow
from hub.store.timeline import encode
from state_machine.events import Event, OrderKey, PaymentReceived

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    SQLModel.metadata.create_all(store.engine)
    yield store
    store.close()


def put(store: Store, *rows: SQLModel) -> None:
    def work(connection: Connection) -> None:
        for row in rows:
            table = SQLModel.metadata.tables[str(type(row).__tablename__)]
            values = {name: v for name, v in row.model_dump().items() if v is not None}
            connection.execute(table.insert(), values)

    store.write_now(work)


def belief(number: int) -> BeliefRow:
    return BeliefRow(
        order_id=f"k:{number}", shop="k", external_id=f"{number}", number=f"#{number}",
        version=number, status="placed", as_of=NOW, snapshot="{}", milestones="[]",
    )  # fmt: skip


def test_an_order_is_what_was_last_made_durable(store: Store) -> None:
    async def ask() -> list[int | None]:
        queries, seen = Queries(store), []
        beliefs = SQLModel.metadata.tables["belief"]
        for n in range(5):
            await store.write(lambda c, n=n: insert_all(c, beliefs, [belief(n).model_dump()]))
            found = await queries.order(f"k:{n}")
            seen.append(found.version if found else None)
        return seen

    assert [0, 1, 2, 3, 4] == asyncio.run(ask())


def test_reading_waits_for_no_writer(store: Store) -> None:
    put(store, belief(1))
    other = sqlite3.connect(str(store.url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("UPDATE belief SET version = 2")
    before = asyncio.run(Queries(store).order("k:1"))
    other.execute("COMMIT")
    other.close()
    after = asyncio.run(Queries(store).order("k:1"))

    assert (1, 2) == (before.version if before else None, after.version if after else None)


def test_a_look_up_that_fails_says_so_and_the_next_one_works(store: Store) -> None:
    put(store, belief(1))
    other = sqlite3.connect(str(store.url.database))
    other.execute("ALTER TABLE belief RENAME TO elsewhere")
    with pytest.raises(StoreUnavailable):
        asyncio.run(Queries(store).order("k:1"))
    with pytest.raises(StoreUnavailable):
        asyncio.run(Queries(store).recent(1))
    other.execute("ALTER TABLE elsewhere RENAME TO belief")
    other.close()

    assert asyncio.run(Queries(store).order("k:1"))


def test_everything_accepted_is_in_exactly_one_sum(store: Store) -> None:
    for n in range(1, 8):
        put(store, RawRow(id=n, connector="c", source="s", received_at=NOW, headers="{}", body=b""))
    for n, outcome in enumerate(("applied", "applied", "duplicate", "parked", "quarantined"), 1):
        put(store, InboxRow(raw_id=n, connector="c", source="s", delivery_key=f"{n}", facts=1,
                            body_sha256="", received_at=NOW, outcome=outcome))  # fmt: skip
    put(store, CursorRow(reader="pipeline", position=5))
    put(store, ParkedRow(key="parcel:1", fact_id="f", raw_id=4, source="s", received_at=NOW,
                         fact="{}", contact=False))  # fmt: skip
    sums = asyncio.run(Queries(store).sums(NOW))

    assert {"applied": 2, "duplicate": 1, "parked": 1, "quarantined": 1} == sums.outcomes
    assert (7, 2, 1) == (sums.accepted, sums.backlog.size, sums.parked)


def test_only_what_should_be_told_and_has_not_been_planned_waits(store: Store) -> None:
    said = {"order_id": "o", "subject": "order", "milestone": "shipped", "version": 1,
            "occurred_at": NOW, "change": "{}"}  # fmt: skip
    for n, more in enumerate(({}, {"silent": "old"}, {"planned_at": NOW}, {})):
        at = NOW - timedelta(seconds=60 * n)
        put(store, OutboxRow(id=n + 1, revision=f"{n}", received_at=at, **said, **more))
    waiting = asyncio.run(Queries(store).sums(NOW)).unplanned

    assert (2, 180.0) == (waiting.size, waiting.age(NOW))


def test_quarantine_is_ranked_by_how_often_a_code_came(store: Store) -> None:
    said = {"raw_id": 1, "connector": "c", "source": "s", "kind": "unmapped", "detail": "",
            "about": "", "received_at": NOW}  # fmt: skip
    for code in ("b", "a", "b", "released"):
        gone = NOW if code == "released" else None
        put(store, QuarantineRow(code=code, released_at=gone, **said))
    rows = asyncio.run(Queries(store).quarantined())

    assert [("b", 2), ("a", 1)] == [(row.code, row.size) for row in rows]


def test_facts_without_an_order_are_told_as_ignored_with_the_reason(store: Store) -> None:
    fact = Event(id="f", occurred_at=NOW, about=OrderKey("k", "1"), what=PaymentReceived())
    put(store, TimelineRow(order_id="k:1", fact_id="f", raw_id=1, source="s", occurred_at=NOW,
                           received_at=NOW, fact=encode(fact)))  # fmt: skip
    (entry,) = asyncio.run(Queries(store).timeline("k:1"))

    assert (fact, "ignored") == (entry.event, entry.effect.outcome)
    assert entry.effect.why


def test_notices_due_are_counted_from_their_time_on(store: Store) -> None:
    for n, state in enumerate(("due", "due", "sent", "held")):
        put(store, NoticeRow(
            id=n + 1, outbox_id=1, order_id="o", subject="order", milestone="m", revision=f"{n}",
            channel="email", recipient="c", language="fi", state=state, received_at=NOW,
            next_at=NOW + timedelta(seconds=40 * n - 20),
        ))  # fmt: skip
    sums = asyncio.run(Queries(store).sums(NOW))

    assert (1, 20.0) == (sums.due.size, sums.due.age(NOW))
    assert {("email", "due"): 2, ("email", "sent"): 1, ("email", "held"): 1} == sums.notices


def test_a_cursor_says_nothing_of_its_own_and_can_be_read_back() -> None:
    cursor = cursor_at(NOW, 'k:1/"ä"')

    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert 'k:1/"ä"' in behind(cursor).compile().params.values()


@pytest.mark.parametrize("text", ["abc", "1", "+", "+99912345678901234", "٣", "1" * 200])
def test_what_cannot_be_a_phone_number_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        by_phone(text)

    assert "bad-parameter" == refused.value.slug
