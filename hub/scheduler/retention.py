"""Forgets the raw bytes of deliveries once nobody has anything to do with them any more."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select

from hub.crashpoints import crashpoint
from hub.store import allowances, feeds
from hub.store.session import Store
from hub.store.tables import InboxRow, ParkedRow, QuarantineRow, RawRow, table
from hub.store.tables_of_notices import MailRow

RAW = table(RawRow)
INBOX = table(InboxRow)
PARKED = table(ParkedRow)
QUARANTINE = table(QuarantineRow)
MAIL = table(MailRow)
DONE = ("applied", "duplicate")
AT_ONCE = 1000  #: rows per transaction, so that the door never waits long


async def forget_raws(store: Store, now: datetime, days: int) -> int:
    """Delete raws, local mail and feeds older than ``days``; return how many raws went.

    What waits in quarantine stays until a person has dealt with it. What is parked stays until all
    of it has expired: the facts themselves wait on, but nobody needs the bytes any more. The inbox
    marks stay always, so that a late redelivery is still known.
    """
    before = now - timedelta(days=days)
    gone = 0
    while True:
        count = await store.write(lambda connection: _forget(connection, before))
        crashpoint("retention.page")
        gone += count
        if count < AT_ONCE:
            return gone


def _forget(connection: Connection, before: datetime) -> int:
    old = connection.execute(
        select(RAW.c.id)
        .join(INBOX, INBOX.c.raw_id == RAW.c.id)
        .where(RAW.c.received_at < before, _done())
        .limit(AT_ONCE)
    ).scalars()
    ids = list(old)
    connection.execute(delete(RAW).where(RAW.c.id.in_(ids)))
    crashpoint("retention.deleting")
    connection.execute(delete(MAIL).where(MAIL.c.stored_at < before))
    feeds.forget(connection, before)
    allowances.forget(connection, before)
    return len(ids)


def _done() -> ColumnElement[bool]:
    """Whether nobody will want the bytes: what is in them is applied, listed, or was discarded."""
    waits = exists().where(PARKED.c.raw_id == RAW.c.id)
    held = exists().where(QUARANTINE.c.raw_id == RAW.c.id)
    unexpired = waits.where(PARKED.c.expired_at.is_(None))
    undecided = held.where(QUARANTINE.c.released_at.is_(None))
    outcome = INBOX.c.outcome
    ended = or_(
        outcome.in_(DONE),
        and_(outcome == "parked", waits),
        and_(outcome == "quarantined", held),
    )
    return and_(ended, ~unexpired, ~undecided)
