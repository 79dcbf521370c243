"""The embedded log: raws in the order they became durable, and how far each reader has come.

Raws that a stream brought are kept in the same table; they have an origin, and are passed by here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from hub.crashpoints import crashpoint
from hub.store.locking import in_turn
from hub.store.rows import insert_all, insert_new, insert_or
from hub.store.tables import AcceptedRow, CursorRow, RawRow, table

RAW = table(RawRow)
ACCEPTED = table(AcceptedRow)
CURSOR = table(CursorRow)

READER = "pipeline"  #: who reads the log here
APPENDING = "append to the log"  #: what transactions do one after the other
OURS = "tilanne-"  #: how the headers begin that the hub itself gives a raw; never from outside


class Kept(NamedTuple):
    """A raw as the log keeps it."""

    id: int
    connector: str
    source: str
    received_at: datetime
    headers: str  #: JSON
    body: bytes


MOST_BYTES = 8_388_608  #: of bodies that are looked at together; one raw may have more

_SIZE = func.length(RAW.c.body)
_next = (
    select(RAW.c.id, (func.sum(_SIZE).over(order_by=RAW.c.id) - _SIZE).label("before"))
    .where(RAW.c.id > bindparam("last"), RAW.c.origin.is_(None))
    .order_by(RAW.c.id)
    .limit(bindparam("limit"))
    .subquery()
)
_AFTER = (
    select(*(RAW.c[name] for name in Kept._fields))
    .where(
        RAW.c.id > bindparam("last"),
        RAW.c.origin.is_(None),
        RAW.c.id
        <= select(func.max(_next.c.id)).where(_next.c.before < MOST_BYTES).scalar_subquery(),
    )
    .order_by(RAW.c.id)
)
_ADVANCE = (
    update(CURSOR)
    .where(CURSOR.c.reader == bindparam("whose"), CURSOR.c.position == bindparam("old"))
    .values(position=bindparam("new"))
)


class CursorMoved(Exception):
    """Somebody else read this part of the log; what was made of it must not be kept."""


def append(connection: Connection, raws: Sequence[Mapping[str, Any]]) -> None:
    """Put raws at the end of the log, and count them as accepted from their sources."""
    if not raws:
        return
    at_the_end(connection, raws)
    crashpoint("log.appended")
    count(connection, raws)


def count(connection: Connection, raws: Sequence[Mapping[str, Any]]) -> None:
    """Count raws as accepted from their sources.

    Whoever else counts some of the same source waits until this is committed: it comes last.
    """
    sources = Counter((raw["connector"], raw["source"]) for raw in raws)
    rows = [{"connector": c, "source": s, "raws": n} for (c, s), n in sorted(sources.items())]
    insert_or(connection, ACCEPTED, rows, _counted_up)


def at_the_end(connection: Connection, raws: Sequence[Mapping[str, Any]]) -> None:
    """Put raws at the end of the log that were counted already.

    A number is given before it is committed. Were two to append at once, the higher one might show
    first, a reader would go past the lower one, and that raw would never be read. What a stream
    brought is read by its place there, so its numbers may show in any order.
    """
    if any(raw.get("origin") is None for raw in raws):
        in_turn(connection, APPENDING)
    insert_all(connection, RAW, raws)


def from_a_stream(connection: Connection, raws: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Put raws into the log that have an origin; return the numbers of those it did not have."""
    new = insert_new(connection, RAW, raws, ("origin", "id"))
    return {str(origin): int(number) for origin, number in new}


def _counted_up(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=list(ACCEPTED.primary_key.columns),
        set_={"raws": ACCEPTED.c.raws + insert.excluded.raws},
    )


def position(connection: Connection, reader: str) -> int:
    """Return the id of the last raw this reader has dealt with; 0 at the start."""
    found = connection.execute(
        select(CURSOR.c.position).where(CURSOR.c.reader == reader)
    ).scalar_one_or_none()
    return int(found or 0)


def after(connection: Connection, last: int, limit: int) -> Sequence[Kept]:
    """Return up to ``limit`` raws that became durable after raw ``last``."""
    rows = connection.execute(_AFTER, {"last": last, "limit": limit})
    return [Kept(*row) for row in rows]


def advance(connection: Connection, reader: str, *, old: int, new: int) -> None:
    """Move a reader's cursor from ``old`` to ``new``; raise ``CursorMoved`` if it is elsewhere."""
    if old == 0:
        insert_new(connection, CURSOR, [{"reader": reader, "position": 0}])
    moved = connection.execute(_ADVANCE, {"whose": reader, "old": old, "new": new})
    if moved.rowcount != 1:
        raise CursorMoved(f"{reader} is not at {old} any more")


def advance_nothing(connection: Connection, reader: str) -> None:
    """Write to the log's cursor without moving it: proof that the database takes writes."""
    connection.execute(
        update(CURSOR).where(CURSOR.c.reader == reader).values(position=CURSOR.c.position)
    )
