"""What waits for its order, for a person to look at: by the key it waits under."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from hub.store.tables import ParkedRow, table

PARKED = table(ParkedRow)


def waiting_keys(
    connection: Connection, limit: int, *, after: str = "", expired: bool = False
) -> Sequence[Row[Any]]:
    """Return the keys behind ``after`` under which something waits, in the order of the alphabet.

    ``expired``: only what has waited too long. Rows: key, facts, sources, oldest, newest,
    expired_at (null: nothing of it has expired).
    """
    query = select(
        PARKED.c.key,
        func.count().label("facts"),
        func.min(PARKED.c.source).label("source"),
        func.min(PARKED.c.received_at).label("oldest"),
        func.max(PARKED.c.received_at).label("newest"),
        func.min(PARKED.c.expired_at).label("expired_at"),
    ).where(PARKED.c.key > after)
    if expired:
        query = query.where(PARKED.c.expired_at.is_not(None))
    return connection.execute(
        query.group_by(PARKED.c.key).order_by(PARKED.c.key).limit(limit)
    ).all()


def sizes(connection: Connection, *, expired: bool = False) -> tuple[int, int]:
    """Return under how many keys something waits, and how many facts that are."""
    query = select(func.count(PARKED.c.key.distinct()), func.count())
    if expired:
        query = query.where(PARKED.c.expired_at.is_not(None))
    keys, facts = connection.execute(query).one()
    return int(keys), int(facts)
