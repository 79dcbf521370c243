"""Whose a notice is while it is sent: its sender's, as long as the lease is renewed in time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, select, update

from hub.store.attempts import ATTEMPT
from hub.store.columns import unindexed
from hub.store.outbox import NOTICE

_LEASED: Select[Any] = (
    select(NOTICE.c.id, NOTICE.c.channel, ATTEMPT.c.n, ATTEMPT.c.handing_at, ATTEMPT.c.provider_ref)
    .join(ATTEMPT, and_(ATTEMPT.c.notice_id == NOTICE.c.id, ATTEMPT.c.n == NOTICE.c.attempts))
    .where(NOTICE.c.state == "leased")
    .order_by(NOTICE.c.id)
)
_RENEW = (
    update(NOTICE)
    .where(
        NOTICE.c.id == bindparam("notice"),
        NOTICE.c.attempts == bindparam("attempt"),
        unindexed(NOTICE.c.state) == "leased",
    )
    .values(lease_until=bindparam("until"))
)


def renew(connection: Connection, held: Mapping[int, int], until: datetime) -> None:
    """Keep notices for longer: notice -> attempt; those that are somebody else's stay theirs."""
    if held:
        values = [{"notice": one, "attempt": held[one], "until": until} for one in sorted(held)]
        connection.execute(_RENEW, values)


def everything(connection: Connection) -> Sequence[Row[Any]]:
    """Return all attempts that are under way."""
    return connection.execute(_LEASED).all()


def over(connection: Connection, now: datetime) -> Sequence[Row[Any]]:
    """Return attempts whose sender is gone: the lease is over."""
    return connection.execute(_LEASED.where(NOTICE.c.lease_until < now)).all()


def of(connection: Connection, notices: Collection[int]) -> Sequence[Row[Any]]:
    """Return the attempts that are under way with these notices."""
    return connection.execute(_LEASED.where(NOTICE.c.id.in_(notices))).all()
