"""What providers report about messages they took: each report once, beside the attempt it is of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.attempts import ATTEMPT
from hub.store.columns import unindexed
from hub.store.outbox import NOTICE
from hub.store.rows import insert_new
from hub.store.tables import table
from hub.store.tables_of_telling import ReceiptRow

RECEIPT = table(ReceiptRow)


def attempt_of(connection: Connection, channel: str, reference: str) -> Any:
    """Return the attempt a provider calls by this name, with its notice's state and recipient."""
    statement = (
        select(ATTEMPT.c.notice_id, ATTEMPT.c.n, NOTICE.c.state, NOTICE.c.recipient)
        .join(NOTICE, NOTICE.c.id == ATTEMPT.c.notice_id)
        .where(ATTEMPT.c.provider_ref == reference, NOTICE.c.channel == channel)
        .order_by(ATTEMPT.c.notice_id.desc(), ATTEMPT.c.n.desc())
        .limit(1)
    )
    return connection.execute(statement).one_or_none()


def add(connection: Connection, receipt: Mapping[str, Any]) -> bool:
    """Write a report down; False when it is known already."""
    return bool(insert_new(connection, RECEIPT, [receipt], ("event",)))


def confirm(connection: Connection, notice_id: int, now: datetime) -> bool:
    """Take a notice for sent of which nobody knew whether it was; False if it was not held."""
    held = update(NOTICE).where(NOTICE.c.id == notice_id, unindexed(NOTICE.c.state) == "held")
    values = {"state": "sent", "reason": None, "settled_at": now}
    return connection.execute(held.values(values)).rowcount == 1
