"""A small world to tell of: a real database, a clock that stands, orders and outbox rows."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert, select
from sqlmodel import SQLModel

from hub.catalogues import Catalogues
from hub.config import Settings
from hub.notify.channels import Channel, Tools
from hub.notify.dispatcher import Dispatcher
from hub.store.attempts import ATTEMPT
from hub.store.outbox import BELIEF, CONTACT, MAIL, NOTICE, OUTBOX
from hub.store.session import Store

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CATALOGUES = Catalogues.load()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LINES = [
    {"id": "1", "sku": "SUKKA", "name": "Villasukat", "quantity": 2},
    {"id": "2", "sku": "HUIVI", "name": "Kaulahuivi", "quantity": 1},
]
PARCEL = {
    "id": "p1",
    "carrier": "posti",
    "tracking_number": "JJFI6500001",
    "tracking_url": "https://carrier.example/JJFI6500001",
    "stage": "in_transit",
    "stage_since": "2026-11-23T08:00:00Z",
    "units": [{"line": "1", "quantity": 2}],
    "content_known": True,
    "how": None,
    "problem": None,
    "promise": None,
    "pickup_point": None,
    "pickup_code": None,
    "keep_until": None,
    "exchange_for": None,
}


def change(milestone: str, subject: str = "parcel:p1", **parts: Any) -> dict[str, Any]:
    """Make the JSON that pipeline writes; ``order`` adds to the order, the rest replaces parts."""
    order = {
        "id": "o1",
        "shop": "villa",
        "external_id": "1",
        "number": "#1001",
        "status": "in_transit",
        "status_since": "2026-11-23T08:00:00Z",
        "version": 3,
        "placed_at": "2026-11-21T08:00:00Z",
        "lines": LINES,
    } | parts.pop("order", {})
    made = {
        "kind": "reached",
        "milestone": milestone,
        "subject": subject,
        "revision": "",
        "occurred_at": "2026-11-23T08:30:00Z",
        "order": order,
        "parcel": PARCEL if subject.startswith("parcel:") else None,
        "return": None,
        "refund": None,
        "promise": None,
        "units": PARCEL["units"] if subject.startswith("parcel:") else [],
        "corrects": None,
    }
    return made | parts


class World:
    """A database with orders in it, and a dispatcher at work on it."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.url = url or f"sqlite:///{folder}/hub.db"
        self.store = Store(self.url)
        SQLModel.metadata.create_all(self.store.engine)
        self.now = NOW

    def clock(self) -> datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def tools(self, settings: Settings) -> Tools:
        return Tools.writing(self.store, settings, self.clock)

    def dispatcher(
        self, settings: Settings | None = None, channels: Mapping[str, Channel] | None = None
    ) -> Dispatcher:
        settings = settings or Settings()
        return Dispatcher(self.store, settings, self.clock, CATALOGUES, channels)

    def add_order(
        self, order_id: str = "o1", *, email: str | None = "maija@example.fi", **person: Any
    ) -> None:
        contact = None if email is None else f"c-{order_id}"
        row = {"order_id": order_id, "shop": "villa", "external_id": order_id, "number": "#1001"}
        belief = {"version": 1, "status": "placed", "as_of": self.now, "snapshot": "{}"}
        self.run(insert(BELIEF), row | belief | {"contact_id": contact, "milestones": "[]"})
        if contact is not None:
            self.add_contact(contact, email=email, **person)

    def add_contact(self, contact: str, **person: Any) -> None:
        row = {"id": contact, "shop": "villa", "customer": contact, "stated_at": self.now}
        self.run(insert(CONTACT), row | {"name": "Maija"} | person)

    def tell(self, milestone: str, subject: str = "parcel:p1", **columns: Any) -> None:
        """Put a change into the outbox, as pipeline does."""
        parts = columns.pop("change", {})
        row = {
            "order_id": columns.pop("order_id", "o1"),
            "subject": subject,
            "milestone": milestone,
            "revision": "",
            "version": 3,
            "occurred_at": self.now - timedelta(minutes=30),
            "received_at": self.now,
            "silent": None,
            "change": orjson.dumps(change(milestone, subject, **parts)).decode(),
            "planned_at": None,
        }
        self.run(insert(OUTBOX), row | columns)

    def correct(self, milestone: str, subject: str = "parcel:p1", revision: str = "") -> None:
        wrong = {"milestone": milestone, "subject": subject, "revision": revision}
        parts = {"kind": "corrected", "corrects": wrong}
        self.tell("correction", subject, revision=f"{milestone}:{revision}", change=parts)

    def run(self, statement: Any, rows: Any = None) -> None:
        self.store.write_now(lambda c: c.execute(statement, rows) and None)

    def rows(self, table: Any) -> list[Any]:
        return list(self.store.read_now(lambda c: c.execute(select(table)).all()))

    def notices(self) -> list[Any]:
        return sorted(self.rows(NOTICE), key=lambda row: row.id)

    def attempts(self) -> list[Any]:
        return sorted(self.rows(ATTEMPT), key=lambda row: (row.notice_id, row.n))

    def states(self) -> list[tuple[str, str, str | None]]:
        return [(row.milestone, row.state, row.reason) for row in self.notices()]

    def mail(self) -> list[bytes]:
        return [row.message for row in self.rows(MAIL)]


async def until(condition: Callable[[], object], *, seconds: float = 5.0) -> None:
    """Wait for a condition to hold; ``TimeoutError`` if it does not."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.wait_for(asyncio.shield(asyncio.to_thread(lambda: None)), seconds)
