"""Notices a person must decide on: the provider may have them, and nobody can tell.

Deciding works beside a running hub: a notice that is sent again is due at once, and one that is
let be stays unsent with the reason.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.columns import unindexed
from hub.store.tables import table
from hub.store.tables_of_notices import NoticeRow

NOTICE = table(NoticeRow)
SHOWN = ("id", "order_id", "milestone", "subject", "channel", "recipient", "reason", "settled_at")


def held(connection: Connection) -> Sequence[Mapping[str, Any]]:
    """Return the notices that are held, oldest first; recipients by id, never by address."""
    query = select(*(NOTICE.c[name] for name in SHOWN)).where(NOTICE.c.state == "held")
    return [dict(row) for row in connection.execute(query.order_by(NOTICE.c.id)).mappings()]


def resend(connection: Connection, ids: Sequence[int], now: datetime) -> int:
    """Let held notices go out again, at the risk of a second copy; return how many were held."""
    return _decide(connection, ids, state="due", reason=None, next_at=now, settled_at=None)


def let_be(connection: Connection, ids: Sequence[int]) -> int:
    """Leave held notices as they are: the provider has them; return how many were held."""
    reason = "held, and taken as received by a person's decision"
    return _decide(connection, ids, state="suppressed", reason=reason)


def _decide(connection: Connection, ids: Sequence[int], **values: Any) -> int:
    decided = connection.execute(
        update(NOTICE)
        .where(NOTICE.c.id.in_(ids), unindexed(NOTICE.c.state) == "held")
        .values(**values)
    )
    return int(decided.rowcount)
