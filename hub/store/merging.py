"""Notices that are said with another one: of several parcels' like milestones one letter is made.

A member of such a letter is suppressed and names the notice that says it. Whatever becomes of that
one becomes of its members; if it comes to nothing and surely reached nobody, they are due again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from hub.store.attempts import ATTEMPT
from hub.store.columns import unindexed
from hub.store.outbox import NOTICE, OUTBOX

MOST = 20  #: parcels one letter names

_LIKE: Select[Any] = (
    select(NOTICE, OUTBOX.c.version, OUTBOX.c.occurred_at, OUTBOX.c.change)
    .join(OUTBOX, OUTBOX.c.id == NOTICE.c.outbox_id)
    .where(
        NOTICE.c.order_id == bindparam("order"),
        NOTICE.c.channel == bindparam("channel"),
        NOTICE.c.recipient == bindparam("recipient"),
        NOTICE.c.milestone == bindparam("milestone"),
        NOTICE.c.id != bindparam("lead"),
        unindexed(NOTICE.c.state) == "due",
        NOTICE.c.attempts == 0,
        NOTICE.c.next_at <= bindparam("soon"),
    )
    .order_by(NOTICE.c.id)
    .limit(MOST)
)
_MEMBERS: Select[Any] = (
    select(NOTICE, OUTBOX.c.version, OUTBOX.c.occurred_at, OUTBOX.c.change)
    .join(OUTBOX, OUTBOX.c.id == NOTICE.c.outbox_id)
    .where(NOTICE.c.merged_into == bindparam("lead"))
    .order_by(NOTICE.c.id)
)
_MERGE = (
    update(NOTICE)
    .where(
        NOTICE.c.id == bindparam("member"),
        unindexed(NOTICE.c.state) == "due",
        NOTICE.c.attempts == 0,
    )
    .values(
        state="suppressed",
        reason=bindparam("why"),
        merged_into=bindparam("lead"),
        settled_at=bindparam("now"),
    )
)
_PART = (
    update(NOTICE)
    .where(NOTICE.c.id == bindparam("member"), NOTICE.c.merged_into.is_not(None))
    .values(merged_into=None, reason=bindparam("why"))
)


def like(connection: Connection, row: Any, *, soon: datetime) -> Sequence[Row[Any]]:
    """Return notices of the same order, reader and milestone that nobody has tried to send yet."""
    return connection.execute(
        _LIKE,
        {
            "order": row.order_id,
            "channel": row.channel,
            "recipient": row.recipient,
            "milestone": row.milestone,
            "lead": row.id,
            "soon": soon,
        },
    ).all()


def merge(connection: Connection, lead: int, member: int, now: datetime) -> None:
    """Let a notice be said with another one."""
    why = f"merged into one letter: notice {lead}"
    connection.execute(_MERGE, {"member": member, "lead": lead, "why": why, "now": now})


def members(connection: Connection, lead: int) -> Sequence[Row[Any]]:
    """Return what is said with a notice, each with its change."""
    return connection.execute(_MEMBERS, {"lead": lead}).all()


def part(connection: Connection, member: int, reason: str) -> None:
    """Take a member out again: it is not worth telling any more, and was not told."""
    connection.execute(_PART, {"member": member, "why": reason})


def lead_of(connection: Connection, notice: Any) -> Any:
    """Return the notice that decides whether this one was told: itself, or the one that says it."""
    if notice.merged_into is None:
        return notice
    return connection.execute(select(NOTICE).where(NOTICE.c.id == notice.merged_into)).one()


def release(connection: Connection, now: datetime, within: timedelta) -> int:
    """Make members due again whose letter came to nothing and surely reached nobody.

    Members are few: they are gone through, and each asks for its lead.
    """
    lead = NOTICE.alias("lead")
    unsure = select(ATTEMPT.c.notice_id).where(
        ATTEMPT.c.notice_id == lead.c.id, ATTEMPT.c.outcome.in_(("ambiguous", "sent"))
    )
    left = connection.scalars(
        select(NOTICE.c.id)
        .join(lead, lead.c.id == NOTICE.c.merged_into)
        .where(
            NOTICE.c.merged_into.is_not(None),
            NOTICE.c.settled_at > now - within,
            unindexed(lead.c.state).in_(("suppressed", "dead")),
            ~unsure.exists(),
        )
    ).all()
    values: Mapping[str, Any] = {"state": "due", "reason": None, "merged_into": None}
    these = update(NOTICE).where(NOTICE.c.id.in_(left), unindexed(NOTICE.c.state) == "suppressed")
    if left:
        connection.execute(these.values(next_at=now, settled_at=None, **values))
    return len(left)
