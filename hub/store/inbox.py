"""The mark that a delivery was taken in, and what became of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    bindparam,
    cast,
    func,
    select,
    tuple_,
    update,
)

from hub.store.among import among
from hub.store.locking import crowded
from hub.store.rows import count_new, insert_new
from hub.store.tables import InboxRow, table

INBOX = table(InboxRow)
_TAKEN = select(INBOX.c.raw_id).where(among(INBOX.c.raw_id, "raws"))
_SETTLE = update(INBOX).where(among(INBOX.c.raw_id, "raws")).values(outcome=bindparam("word"))

OUTCOMES = ("applied", "duplicate", "parked", "quarantined")
#: no outcome: the trail of a delivery that was put back into the log, where it has another number
RELEASED = "released"


class Delivery(NamedTuple):
    """One raw as the inbox knows it."""

    raw_id: int
    connector: str
    source: str
    key: str
    sha256: str
    received_at: datetime
    facts: int


def _row(delivery: Delivery, *, key: str, outcome: str) -> dict[str, Any]:
    return {
        "raw_id": delivery.raw_id,
        "connector": delivery.connector,
        "source": delivery.source,
        "delivery_key": key,
        "body_sha256": delivery.sha256,
        "received_at": delivery.received_at,
        "outcome": outcome,
        "facts": delivery.facts,
    }


def take(connection: Connection, deliveries: Sequence[Delivery]) -> set[int]:
    """Mark the deliveries as taken in; return the raw ids of those never seen before.

    The UNIQUE key decides. A fresh delivery is marked *applied* until ``settle`` says otherwise.
    """
    rows = [_row(one, key=one.key, outcome="applied") for one in deliveries]
    if crowded(connection):  # the keys of deliveries are locked in one order
        rows.sort(key=itemgetter("connector", "source", "delivery_key"))
    if count_new(connection, INBOX, rows) == len(rows):
        return {one.raw_id for one in deliveries}
    # No raw is taken in twice, so a row under its number is the one that was made just now.
    taken = connection.execute(_TAKEN, {"raws": [one.raw_id for one in deliveries]})
    return {row.raw_id for row in taken}


def known_bodies(
    connection: Connection, deliveries: Sequence[Delivery]
) -> dict[tuple[str, str, str], str]:
    """Return the body hash that was first taken in under each delivery's key."""
    if not deliveries:
        return {}
    columns = (INBOX.c.connector, INBOX.c.source, INBOX.c.delivery_key)
    keys = [(one.connector, one.source, one.key) for one in deliveries]
    rows = connection.execute(
        select(*columns, INBOX.c.body_sha256).where(tuple_(*columns).in_(keys))
    )
    return {(connector, source, key): sha for connector, source, key, sha in rows}


def repeat(connection: Connection, deliveries: Sequence[Delivery], outcome: str) -> None:
    """Give deliveries whose key is taken a row of their own, so that every raw has an outcome."""
    rows = [_row(one, key=f"{one.key[:230]}#{one.raw_id}", outcome=outcome) for one in deliveries]
    insert_new(connection, INBOX, rows)


def is_repeat() -> ColumnElement[bool]:
    """Whether a delivery came again under a key that was taken; the first one says it all."""
    return INBOX.c.delivery_key.endswith("#" + cast(INBOX.c.raw_id, String))


def settle(connection: Connection, outcome: str, raw_ids: Sequence[int]) -> None:
    """Say what became of deliveries for which *applied* is not the word."""
    if raw_ids:
        connection.execute(_SETTLE, {"raws": [*raw_ids], "word": outcome})


def wake(connection: Connection, raw_ids: Collection[int]) -> None:
    """Nothing of these raws waits any more: a parked one is applied now."""
    if raw_ids:
        connection.execute(
            update(INBOX)
            .where(INBOX.c.raw_id.in_(list(raw_ids)), INBOX.c.outcome == "parked")
            .values(outcome="applied")
        )


def give_up(connection: Connection, raw_ids: Sequence[int]) -> None:
    """Turn the marks of deliveries that come anew into their trail, and give their keys free.

    Facts that came in them keep the number the delivery had.
    """
    trail = func.substr(INBOX.c.delivery_key, 1, 230) + "#" + cast(INBOX.c.raw_id, String)
    connection.execute(
        update(INBOX)
        .where(INBOX.c.raw_id.in_(raw_ids))
        .values(outcome=RELEASED, delivery_key=trail, facts=0)
    )
