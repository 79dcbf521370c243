"""Forgets the raw bytes of deliveries once everything in them has long been applied."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from hub.crashpoints import crashpoint
from hub.store.session import Store
from hub.store.tables import InboxRow, MailRow, RawRow, table

RAW = table(RawRow)
INBOX = table(InboxRow)
MAIL = table(MailRow)
DONE = ("applied", "duplicate")
AT_ONCE = 1000  #: rows per transaction, so that the door never waits long


async def forget_raws(store: Store, now: datetime, days: int) -> int:
    """Delete raws and local mail older than ``days``; return how many raws went.

    What is parked or quarantined stays until a person has dealt with it; the inbox marks stay
    always, so that a late redelivery is still known.
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
        .where(RAW.c.received_at < before, INBOX.c.outcome.in_(DONE))
        .limit(AT_ONCE)
    ).scalars()
    ids = list(old)
    connection.execute(delete(RAW).where(RAW.c.id.in_(ids)))
    crashpoint("retention.deleting")
    connection.execute(delete(MAIL).where(MAIL.c.stored_at < before))
    return len(ids)
