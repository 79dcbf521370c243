"""An order's facts on disk: append-only, each once, read back as they were told."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, update

from hub.store.among import among
from hub.store.facts import decode, encode
from hub.store.rows import insert_new
from hub.store.tables import TimelineRow, table
from state_machine.events import Event, ParcelKey

TIMELINE = table(TimelineRow)
_FACTS = select(TIMELINE.c.order_id, TIMELINE.c.fact).where(among(TIMELINE.c.order_id, "orders"))
_HOMES = select(TIMELINE.c.fact_id, TIMELINE.c.order_id).where(
    among(TIMELINE.c.order_id, "orders"), among(TIMELINE.c.fact_id, "facts")
)
_ONE = (TIMELINE.c.order_id == bindparam("order"), TIMELINE.c.fact_id == bindparam("id"))


class Arrival(NamedTuple):
    """A fact, with where it came from and when it reached us."""

    event: Event
    raw_id: int
    source: str
    received_at: datetime
    text: str  #: the fact as it is written down

    @classmethod
    def told(cls, event: Event, raw_id: int, source: str, received_at: datetime) -> "Arrival":
        """Make the arrival of a fact that was told just now."""
        return cls(event, raw_id, source, received_at, encode(event))

    @classmethod
    def stored(cls, row: Row[Any]) -> "Arrival":
        """Read back an arrival that was written down."""
        return cls(decode(row.fact), row.raw_id, row.source, row.received_at, row.fact)


def load(connection: Connection, orders: Collection[str]) -> dict[str, list[Event]]:
    """Return the facts of each of the orders."""
    facts: dict[str, list[Event]] = defaultdict(list)
    if orders:
        for order_id, fact in connection.execute(_FACTS, {"orders": [*orders]}):
            facts[order_id].append(decode(fact))
    return facts


def homes_of(
    connection: Connection, orders: Collection[str], facts: Collection[str]
) -> dict[str, set[str]]:
    """Return, per fact, those of the orders on whose timeline it is."""
    found: dict[str, set[str]] = defaultdict(set)
    these = {"orders": [*orders], "facts": [*facts]}
    for fact, order in connection.execute(_HOMES, these) if orders and facts else ():
        found[fact].add(order)
    return found


def about_parcels(
    connection: Connection, orders: Collection[str], numbers: Collection[str]
) -> list[Arrival]:
    """Return what the orders were told of parcels by these tracking numbers alone."""
    if not orders:
        return []
    rows = connection.execute(select(TIMELINE).where(TIMELINE.c.order_id.in_(orders)))
    told = [Arrival.stored(row) for row in rows]
    return [
        one
        for one in told
        if isinstance(one.event.about, ParcelKey) and one.event.about.number in numbers
    ]


def append(connection: Connection, arrivals: Sequence[tuple[str, Arrival]]) -> set[tuple[str, str]]:
    """Add facts to their orders' timelines; return (order, fact) of those that are new."""
    rows: list[dict[str, Any]] = [
        {
            "order_id": order_id,
            "fact_id": arrival.event.id,
            "raw_id": arrival.raw_id,
            "source": arrival.source,
            "occurred_at": arrival.event.occurred_at,
            "received_at": arrival.received_at,
            "fact": arrival.text,
        }
        for order_id, arrival in arrivals
    ]
    new = insert_new(connection, TIMELINE, rows, returning=("order_id", "fact_id"))
    return {(order_id, fact_id) for order_id, fact_id in new}


# --- read again --------------------------------------------------------------------------------


def first_told_by(connection: Connection, raw_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return the rows (order_id, fact_id, raw_id, fact) of what these raws were the first to tell.

    A fact may be on the timelines of several orders.
    """
    columns = (TIMELINE.c.order_id, TIMELINE.c.fact_id, TIMELINE.c.raw_id, TIMELINE.c.fact)
    query: Select[Any] = select(*columns).where(TIMELINE.c.raw_id.in_(raw_ids))
    return connection.execute(query).all()


def reword(connection: Connection, rows: Sequence[tuple[str, Event]]) -> None:
    """Let orders' facts say what is read in the same raw now: (order, fact)."""
    if rows:
        values = [
            {"order": order, "id": event.id, "text": encode(event), "at": event.occurred_at}
            for order, event in rows
        ]
        reworded: dict[str, Any] = {"fact": bindparam("text"), "occurred_at": bindparam("at")}
        connection.execute(update(TIMELINE).where(*_ONE).values(reworded), values)


def take_off(connection: Connection, rows: Sequence[tuple[str, str]]) -> None:
    """Remove what no raw tells: (order, fact)."""
    if rows:
        values = [{"order": order, "id": fact} for order, fact in rows]
        connection.execute(delete(TIMELINE).where(*_ONE), values)
