"""What waits for an order or for a person can be seen, and waits for a reason."""

from collections.abc import Iterator

from sqlalchemy import Connection, or_, select

from hub.queries.audit.check import Check, broken, count
from hub.store.strays import strays
from hub.store.tables import InboxRow, ParkedRow, QuarantineRow, table

INBOX, PARKED, QUARANTINE = table(InboxRow), table(ParkedRow), table(QuarantineRow)


def checks(connection: Connection) -> Iterator[Check]:
    """Check that nothing waits out of sight, and nothing for what is there already."""
    waits = select(PARKED.c.raw_id).where(PARKED.c.raw_id == INBOX.c.raw_id).exists()
    yield broken(
        "parked_nowhere",
        count(connection, INBOX, INBOX.c.outcome == "parked", ~waits),
        "parked deliveries of which nothing waits",
    )
    yield broken(
        "parked_though_known",
        sum(1 for _ in strays(connection)),
        "facts that wait although their order is known",
    )
    seen = or_(QUARANTINE.c.released_at.is_(None), QUARANTINE.c.discarded_because.is_not(None))
    held = select(QUARANTINE.c.id).where(QUARANTINE.c.raw_id == INBOX.c.raw_id, seen).exists()
    yield broken(
        "quarantined_nowhere",
        count(connection, INBOX, INBOX.c.outcome == "quarantined", ~held),
        "quarantined deliveries that nobody can see, and that nobody has discarded",
    )
