"""Notices that have lost their recipient: the system, or the whole channel, is gone."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, select, update

from hub.store.outbox import NOTICE


def suppress(
    connection: Connection, channel: str, known: Collection[str] | None, reason: str, now: datetime
) -> int:
    """Write down that due notices of a channel have lost their recipient; return how many.

    ``known``: the recipients there still are; None when the channel itself is gone.
    """
    lost = NOTICE.c.channel == channel
    if known is not None:
        lost = and_(lost, NOTICE.c.recipient.not_in(known))
    statement = update(NOTICE).where(NOTICE.c.state == "due", lost)
    values = {"state": "suppressed", "reason": reason, "settled_at": now}
    return connection.execute(statement.values(values)).rowcount


def channels_due(connection: Connection) -> Sequence[str]:
    """Return the channels that due notices wait for."""
    return connection.scalars(
        select(NOTICE.c.channel).where(NOTICE.c.state == "due").distinct()
    ).all()
