"""Tries to hand a notice over: taken with a lease, begun before the socket opens, settled once.

``attempts`` of a notice is the fencing token: whoever holds an older number changes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)

from hub.crashpoints import crashpoint
from hub.store.outbox import BELIEF, CONTACT, NOTICE, OUTBOX, PERSON
from hub.store.tables import AttemptRow, table

ATTEMPT = table(AttemptRow)

#: How long an older notice of the same order and recipient that waits for its next try holds the
#: newer ones back. Short troubles keep the order of things; a long one must not keep the news away.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lane:
    """Notices that share an obstacle: one sink, or one way to all customers."""

    channel: str
    recipient: str | None = None  #: None: whoever it is for


def waiting(connection: Connection, now: datetime) -> tuple[bool, bool]:
    """Say whether there are changes to plan, and whether there are notices to send."""
    changes = select(exists().where(OUTBOX.c.planned_at.is_(None)))
    due = select(exists().where(NOTICE.c.state == "due", NOTICE.c.next_at <= now))
    return bool(connection.scalar(changes)), bool(connection.scalar(due))


def due(connection: Connection, lane: Lane, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return notices of a lane whose time has come, with their change and the person.

    Of one order and recipient at most one, the oldest change first (``PATIENCE``).
    """
    older = NOTICE.alias("older")
    blocked = exists().where(
        older.c.order_id == NOTICE.c.order_id,
        older.c.channel == NOTICE.c.channel,
        older.c.recipient == NOTICE.c.recipient,
        older.c.outbox_id < NOTICE.c.outbox_id,
        or_(
            older.c.state == "leased",
            and_(older.c.state == "due", older.c.next_at <= now + PATIENCE),
        ),
    )
    mine: ColumnElement[bool] = NOTICE.c.channel == lane.channel
    if lane.recipient is not None:
        mine = and_(mine, NOTICE.c.recipient == lane.recipient)
    columns = (OUTBOX.c.version, OUTBOX.c.occurred_at, OUTBOX.c.change)
    statement: Select[Any] = (
        select(NOTICE, *columns, *PERSON)
        .join(OUTBOX, OUTBOX.c.id == NOTICE.c.outbox_id)
        .outerjoin(BELIEF, BELIEF.c.order_id == NOTICE.c.order_id)
        .outerjoin(CONTACT, CONTACT.c.id == BELIEF.c.contact_id)
        .where(NOTICE.c.state == "due", NOTICE.c.next_at <= now, mine, ~blocked)
        .order_by(NOTICE.c.next_at, NOTICE.c.id)
        .limit(limit)
        .with_for_update(of=NOTICE, skip_locked=True)
    )
    return connection.execute(statement).all()


def lease(
    connection: Connection, notices: Collection[Row[Any]], *, now: datetime, until: datetime
) -> None:
    """Take notices and begin their attempts; in the transaction that read them as ``due``."""
    if not notices:
        return
    connection.execute(
        update(NOTICE)
        .where(NOTICE.c.id.in_([one.id for one in notices]), NOTICE.c.state == "due")
        .values(state="leased", attempts=NOTICE.c.attempts + 1, lease_until=until)
    )
    crashpoint("notify.leasing")
    connection.execute(
        insert(ATTEMPT),
        [{"notice_id": one.id, "n": one.attempts + 1, "started_at": now} for one in notices],
    )


def mark_handing(connection: Connection, notice_id: int, n: int, now: datetime) -> bool:
    """Note that the provider is about to get it; False when somebody else holds the notice."""
    held = exists().where(
        NOTICE.c.id == notice_id, NOTICE.c.attempts == n, NOTICE.c.state == "leased"
    )
    statement = (
        update(ATTEMPT)
        .where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.n == n, held)
        .values(handing_at=now)
    )
    return connection.execute(statement).rowcount == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an attempt ended and what becomes of its notice."""

    outcome: str  #: sent, retry, dead or ambiguous
    state: str  #: due, sent, held or dead
    detail: str  #: what the provider said
    at: datetime
    next_at: datetime | None = None  #: with due: when to try again


def settle(connection: Connection, notice_id: int, n: int, end: Settlement) -> bool:
    """Write down how attempt ``n`` ended; False when it is not the one that counts any more."""
    over = end.state != "due"
    values: dict[str, Any] = {
        "state": end.state,
        "reason": None if end.state == "sent" else end.detail,
        "lease_until": None,
        "settled_at": end.at if over else None,
    }
    if end.next_at is not None:
        values["next_at"] = end.next_at
    changed = connection.execute(
        update(NOTICE)
        .where(NOTICE.c.id == notice_id, NOTICE.c.attempts == n, NOTICE.c.state == "leased")
        .values(values)
    ).rowcount
    if changed != 1:
        return False
    crashpoint("notify.settling")
    connection.execute(
        update(ATTEMPT)
        .where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.n == n)
        .values(outcome=end.outcome, detail=end.detail, ended_at=end.at)
    )
    return True


def unfinished(connection: Connection, now: datetime | None) -> Sequence[Row[Any]]:
    """Return attempts whose sender is gone: the lease is over, or (``now`` None) all of them."""
    statement: Select[Any] = (
        select(NOTICE.c.id, NOTICE.c.channel, ATTEMPT.c.n, ATTEMPT.c.handing_at)
        .join(ATTEMPT, and_(ATTEMPT.c.notice_id == NOTICE.c.id, ATTEMPT.c.n == NOTICE.c.attempts))
        .where(NOTICE.c.state == "leased")
    )
    if now is not None:
        statement = statement.where(NOTICE.c.lease_until < now)
    return connection.execute(statement).all()


def maybe_told(connection: Connection, notice_id: int) -> bool:
    """Say whether an earlier attempt may have reached the recipient though nobody said so."""
    unsure = exists().where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.outcome == "ambiguous")
    return bool(connection.scalar(select(unsure)))
