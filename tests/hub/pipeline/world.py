"""A hub's pipeline on a real database: deliver messages, let it work, look at what it did."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, select
from sqlmodel import SQLModel

from hub.config import Settings
from hub.pipeline.apply import Applied
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.queries.audit import audit
from hub.store import log
from hub.store.belief import snapshot
from hub.store.session import Store
from hub.store.tables import BeliefRow, ContactRow, InboxRow, QuarantineRow, RawRow
from hub.store.tables_of_notices import OutboxRow
from hub.store.timeline import TIMELINE
from state_machine.events import Event, OrderKey
from state_machine.fold import fold
from state_machine.promises import next_deadline
from tests.builders import MONDAY, ORDER
from tests.hub.pipeline.speech import NAME, Speech, registered

RAW = RawRow.__table__
INBOX = InboxRow.__table__
BELIEF = BeliefRow.__table__
OUTBOX = OutboxRow.__table__
CONTACT = ContactRow.__table__
QUARANTINE = QuarantineRow.__table__


#: every message arrives on Monday, whatever it tells of: where that matters, a story says when
TIMELESS = Settings(future_minutes=60 * 24 * 10_000)


class World:
    """One hub without a door and without messages out."""

    settings = TIMELESS

    def __init__(self, url: str) -> None:
        self.store = Store(url)
        self.begin()

    def begin(self) -> None:
        """Start the pipeline, as a hub does after a restart: nothing is at hand."""
        self.speech = Speech()
        self.translator = Translator({NAME: registered(self.speech)}, self.settings)
        self.changes: list[Applied] = []
        self.pipeline = Pipeline(self.store, self.translator, self.changes.append)

    def clear(self) -> None:
        """Empty the database and begin anew."""
        for table in reversed(SQLModel.metadata.sorted_tables):
            self.store.write_now(lambda c, table=table: c.execute(table.delete()))
        self.begin()

    def deliver(
        self, *bodies: bytes, source: str = "kauppa", received_at: datetime = MONDAY
    ) -> None:
        """Make messages durable."""
        rows = [
            {
                "connector": NAME,
                "source": source,
                "received_at": received_at,
                "headers": "{}",
                "body": body,
            }
            for body in bodies
        ]
        if rows:
            self.store.write_now(lambda c: log.append(c, rows))

    def work(self) -> None:
        """Let the pipeline move all that waits."""

        async def drain() -> None:
            while await self.pipeline.step():
                pass

        asyncio.run(drain())

    def hears(self, *bodies: bytes) -> list[str]:
        """Deliver messages, work, and return the outcomes of all messages so far."""
        self.deliver(*bodies)
        self.work()
        return self.outcomes()

    # --- what it did -----------------------------------------------------------------------------

    def rows(self, table: Table) -> list[dict[str, Any]]:
        order = list(table.primary_key.columns)
        query = select(table).order_by(*order)
        return [
            dict(row) for row in self.store.read_now(lambda c: c.execute(query).mappings().all())
        ]

    def outcomes(self) -> list[str]:
        return [row["outcome"] for row in self.rows(INBOX) if row["outcome"] != "released"]

    def quarantined(self) -> list[tuple[str, str]]:
        return [(row["kind"], row["code"]) for row in self.rows(QUARANTINE)]

    def order(self, key: OrderKey = ORDER) -> dict[str, Any]:
        name = f"{key.shop}:{key.external_id}"
        found = [row for row in self.rows(BELIEF) if row["order_id"] == name]
        return orjson.loads(found[0]["snapshot"]) if found else {}

    def status(self, key: OrderKey = ORDER) -> str | None:
        return self.order(key).get("status")

    def told(self) -> list[tuple[str, str | None]]:
        """Milestones with the reason why nobody is to hear of them."""
        return [(row["milestone"], row["silent"]) for row in self.rows(OUTBOX)]

    def timeline(self, key: OrderKey = ORDER) -> list[str]:
        name = f"{key.shop}:{key.external_id}"
        return [row["fact_id"] for row in self.rows(TIMELINE) if row["order_id"] == name]

    # --- what has to hold ------------------------------------------------------------------------

    def sums(self, *, forgotten: bool = False) -> list[str]:
        """The sums of the audit that do not hold, and raws that have not exactly one outcome.

        ``forgotten``: the bytes of some raws may be gone, their marks never.
        """
        wrong = [check.name for check in self.store.read_now(audit) if not check.holds]
        raws = Counter(row["id"] for row in self.rows(RAW))
        marks = Counter(row["raw_id"] for row in self.rows(INBOX) if row["outcome"] != "released")
        return wrong if raws == marks or (forgotten and raws < marks) else [*wrong, "outcomes"]

    def believes(self, facts: list[Event]) -> bool:
        """Whether the belief about the order is the fold of these facts, in every column."""
        row = next(row for row in self.rows(BELIEF) if row["order_id"] == "kauppa:1001")
        now = fold(facts)
        order = now.order
        milestones = [[*milestone.key] for milestone in now.milestones]
        stored = (row["snapshot"], row["status"], orjson.loads(row["milestones"]))
        keys = (row["number"], row["due_at"])
        believed = (snapshot(order), order.status, milestones)
        return (stored, keys) == (believed, (order.number, next_deadline(order)))
