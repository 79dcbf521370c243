"""A person gives something up that cannot be placed or understood: it stays written, with why."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from hub.pipeline import quarantine
from hub.store import inbox
from hub.store.locking import lock_keys
from hub.store.tables import InboxRow, ParkedRow, table

INBOX, PARKED = table(InboxRow), table(ParkedRow)
QUARANTINE = quarantine.QUARANTINE


def discard(connection: Connection, ids: Collection[int], reason: str, now: datetime) -> int:
    """Give up rows of the quarantine that wait; return how many those were.

    Their deliveries stay quarantined: nothing of what was not understood was applied.
    """
    these = update(QUARANTINE).where(QUARANTINE.c.id.in_(ids), QUARANTINE.c.released_at.is_(None))
    return connection.execute(these.values(released_at=now, discarded_because=reason)).rowcount


def discard_parked(connection: Connection, key: str, reason: str, now: datetime) -> int:
    """Give up what waits under a key; return how many facts that were.

    It ends as quarantined, with a row for every delivery that says what was given up and why: it
    was neither applied nor a duplicate, and it does not wait any more.
    """
    lock_keys(connection, {key})
    gone = connection.execute(
        delete(PARKED).where(PARKED.c.key == key).returning(PARKED.c.raw_id, PARKED.c.fact_id)
    ).all()
    raws = sorted({raw for raw, _ in gone})
    if not raws:
        return 0
    facts = {raw: sorted(fact for one, fact in gone if one == raw) for raw in raws}
    marks = connection.execute(select(INBOX).where(INBOX.c.raw_id.in_(raws))).all()
    quarantine.keep(connection, [_row(one, key, facts[one.raw_id], reason, now) for one in marks])
    waits = connection.execute(select(PARKED.c.raw_id).where(PARKED.c.raw_id.in_(raws))).scalars()
    still = set(waits)
    ended = [one.raw_id for one in marks if one.outcome == "parked" and one.raw_id not in still]
    inbox.settle(connection, "quarantined", ended)
    return len(gone)


def _row(mark: Any, key: str, facts: Sequence[str], reason: str, now: datetime) -> dict[str, Any]:
    return {
        "raw_id": mark.raw_id,
        "connector": mark.connector,
        "source": mark.source,
        "kind": quarantine.UNCLAIMED,
        "code": key.partition(":")[0],
        "detail": f"waited for its order: {', '.join(facts)}"[:4000],
        "about": key[:255],
        "received_at": mark.received_at,
        "released_at": now,
        "discarded_because": reason,
    }
