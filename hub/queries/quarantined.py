"""What is authentic and not understood, for a person to look at: by cause, row by row, or one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from hub.store.tables import QuarantineRow, RawRow, table

QUARANTINE, RAW = table(QuarantineRow), table(RawRow)
OPEN = QUARANTINE.c.released_at.is_(None)
CAUSE = (QUARANTINE.c.connector, QUARANTINE.c.kind, QUARANTINE.c.code)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of the rows that wait are meant; nothing said: all of them."""

    ids: Sequence[int] = ()
    code: str | None = None
    connector: str | None = None

    def of(self, query: Select[Any]) -> Select[Any]:
        """Narrow a question to these rows."""
        query = query.where(OPEN)
        if self.ids:
            query = query.where(QUARANTINE.c.id.in_(self.ids))
        if self.code is not None:
            query = query.where(QUARANTINE.c.code == self.code)
        if self.connector is not None:
            query = query.where(QUARANTINE.c.connector == self.connector)
        return query


def size(connection: Connection, chosen: Chosen = Chosen()) -> int:
    """Return how many rows wait."""
    query = chosen.of(select(func.count()).select_from(QUARANTINE))
    return int(connection.execute(query).scalar_one())


def quarantined(connection: Connection, limit: int, *, after: int = 0) -> Sequence[Row[Any]]:
    """Return what waits, grouped by connector, kind and code, the most frequent first.

    ``after``: so many groups are passed over. Rows: connector, kind, code, size, oldest, newest,
    example (id of one of them).
    """
    rows = func.count().label("size")
    return connection.execute(
        select(
            *CAUSE,
            rows,
            func.min(QUARANTINE.c.received_at).label("oldest"),
            func.max(QUARANTINE.c.received_at).label("newest"),
            func.min(QUARANTINE.c.id).label("example"),
        )
        .where(OPEN)
        .group_by(*CAUSE)
        .order_by(rows.desc(), *CAUSE)
        .offset(after)
        .limit(limit)
    ).all()


def causes(connection: Connection) -> int:
    """Return how many groups there are."""
    groups = select(*CAUSE).where(OPEN).group_by(*CAUSE).subquery()
    return int(connection.execute(select(func.count()).select_from(groups)).scalar_one())


def page(connection: Connection, limit: int, *, after: int = 0) -> Sequence[Row[Any]]:
    """Return the rows that wait and have an id above ``after``, oldest first."""
    query = select(QUARANTINE).where(OPEN, QUARANTINE.c.id > after)
    return connection.execute(query.order_by(QUARANTINE.c.id).limit(limit)).all()


def those(connection: Connection, chosen: Chosen) -> Sequence[Row[Any]]:
    """Return id, raw, kind and subject of what is chosen, and whether the bytes are still there."""
    kept = select(RAW.c.id).where(RAW.c.id == QUARANTINE.c.raw_id).exists().label("kept")
    columns = (QUARANTINE.c.id, QUARANTINE.c.raw_id, QUARANTINE.c.kind, QUARANTINE.c.about)
    query = chosen.of(select(*columns, kept))
    return connection.execute(query.order_by(QUARANTINE.c.id)).all()


def one(connection: Connection, number: int) -> tuple[Row[Any], Row[Any] | None] | None:
    """Return a row, decided or not, and its raw if the bytes are still there."""
    row = connection.execute(select(QUARANTINE).where(QUARANTINE.c.id == number)).one_or_none()
    if row is None:
        return None
    return row, connection.execute(select(RAW).where(RAW.c.id == row.raw_id)).one_or_none()
