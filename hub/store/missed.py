"""Notices that a store system missed while nothing was posted to it."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from hub.store.outbox import NOTICE


def count(connection: Connection, channel: str, recipient: str, reason: str) -> int:
    """Return how many notices to a system were suppressed for a reason that begins so."""
    these = select(func.count()).select_from(NOTICE).where(_missed(channel, recipient, reason))
    return int(connection.scalar(these) or 0)


def release(
    connection: Connection, channel: str, recipient: str, reason: str, now: datetime
) -> int:
    """Make such notices due again, in their order; return how many there were."""
    again = update(NOTICE).where(_missed(channel, recipient, reason))
    values = {"state": "due", "reason": None, "next_at": now, "settled_at": None}
    return connection.execute(again.values(values)).rowcount


def _missed(channel: str, recipient: str, reason: str) -> ColumnElement[bool]:
    return and_(
        NOTICE.c.state == "suppressed",
        NOTICE.c.channel == channel,
        NOTICE.c.recipient == recipient,
        NOTICE.c.reason.startswith(reason, autoescape=True),
    )
