"""An order's facts on disk: append-only, each once, read back as they were told."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from hub.store.session import insert_new
from hub.store.tables import TimelineRow
from state_machine.events import Clarity, Event, OrderKey, ParcelKey, StockKey, What

TIMELINE = TimelineRow.__table__  # type: ignore[attr-defined]

_WHATS: Mapping[str, TypeAdapter[What]] = {
    kind.__dataclass_fields__["kind"].default: TypeAdapter(kind) for kind in get_args(What)
}
_KEYS: Mapping[str, type[OrderKey] | type[ParcelKey] | type[StockKey]] = {
    "order": OrderKey,
    "parcel": ParcelKey,
    "stock": StockKey,
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A fact, with where it came from and when it reached us."""

    event: Event
    raw_id: int
    source: str
    received_at: datetime


def encode(event: Event) -> str:
    """Write a fact as JSON text."""
    return orjson.dumps(event, option=orjson.OPT_UTC_Z).decode()


def decode(text: str) -> Event:
    """Read a fact that ``encode`` wrote. Raises ``ValueError`` when the text is not one."""
    data = orjson.loads(text)
    about = data["about"]
    return Event(
        id=data["id"],
        occurred_at=datetime.fromisoformat(data["occurred_at"]),
        about=_KEYS[about["type"]](**about),
        what=_WHATS[data["what"]["kind"]].validate_python(data["what"]),
        clarity=Clarity(data["clarity"]),
    )


def load(connection: Connection, orders: Collection[str]) -> dict[str, list[Event]]:
    """Return the facts of each of the orders."""
    facts: dict[str, list[Event]] = defaultdict(list)
    if orders:
        rows = connection.execute(
            select(TIMELINE.c.order_id, TIMELINE.c.fact).where(TIMELINE.c.order_id.in_(orders))
        )
        for order_id, fact in rows:
            facts[order_id].append(decode(fact))
    return facts


def append(
    connection: Connection, arrivals: Sequence[tuple[str, Arrival]]
) -> set[tuple[str, str]]:
    """Add facts to their orders' timelines; return (order, fact) of those that are new."""
    rows: list[dict[str, Any]] = [
        {
            "order_id": order_id,
            "fact_id": arrival.event.id,
            "raw_id": arrival.raw_id,
            "source": arrival.source,
            "occurred_at": arrival.event.occurred_at,
            "received_at": arrival.received_at,
            "fact": encode(arrival.event),
        }
        for order_id, arrival in arrivals
    ]
    new = insert_new(connection, TIMELINE, rows, returning=("order_id", "fact_id"))
    return {(row.order_id, row.fact_id) for row in new}
