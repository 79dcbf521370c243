"""Who was told too late or not at all, one by one, and why as far as the ledger can say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from hub.queries.promises import CLASS, FIRST, NOTICE, OUTBOX, day_of, late, missed
from state_machine.objectives import Objective

#: share of the promise that planning may take before it is what made a notice late
SLOW = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One notice that broke the promise."""

    notice: int
    order: str
    subject: str
    milestone: str
    channel: str
    recipient: str  #: an id or a sink's name, never an address
    objective: Objective
    state: str
    received_at: datetime
    accepted_at: datetime | None
    attempts: int
    cause: str  #: hub, provider, given_up, person, waiting
    detail: str


def breaches(
    connection: Connection, day: date, now: datetime, *, after: int = 0, limit: int = 100
) -> Sequence[Breach]:
    """Return the breaches of a day behind notice ``after``, oldest first, at most ``limit``."""
    question = (
        select(
            NOTICE,
            CLASS.label("objective"),
            OUTBOX.c.planned_at,
            FIRST.c.started_at,
            FIRST.c.outcome,
            FIRST.c.detail,
        )
        .join(OUTBOX, OUTBOX.c.id == NOTICE.c.outbox_id)
        .outerjoin(FIRST, and_(FIRST.c.notice_id == NOTICE.c.id, FIRST.c.n == 1))
        .where(day_of(day), NOTICE.c.id > after, or_(late(), missed(now)))
        .order_by(NOTICE.c.id)
        .limit(limit)
    )
    return [_breach(row) for row in connection.execute(question)]


def _breach(row: Row[Any]) -> Breach:
    cause, detail = _why(row, Objective(row.objective))
    return Breach(
        notice=row.id,
        order=row.order_id,
        subject=row.subject,
        milestone=row.milestone,
        channel=row.channel,
        recipient=row.recipient,
        objective=Objective(row.objective),
        state=row.state,
        received_at=row.received_at,
        accepted_at=row.settled_at if row.state == "sent" else None,
        attempts=row.attempts,
        cause=cause,
        detail=detail,
    )


def _why(row: Row[Any], promised: Objective) -> tuple[str, str]:
    """Name what comes first on a notice's way that took too long or failed."""
    deadline = (row.not_before or row.received_at) + promised.within
    if row.planned_at is not None and row.planned_at > row.received_at + promised.within * SLOW:
        return "hub", f"planned only at {row.planned_at:%H:%M:%S} UTC"
    if row.started_at is not None and row.started_at > deadline:
        return "hub", f"first tried only at {row.started_at:%H:%M:%S} UTC"
    if row.state == "held":
        return "person", row.reason or "waits for a person"
    if row.state == "dead":
        return "given_up", row.reason or "given up"
    if row.attempts == 0:
        return "waiting", "not tried yet"
    if row.outcome not in (None, "sent"):
        return "provider", row.detail or "the first try failed"
    return "provider", "it took its time to answer"
