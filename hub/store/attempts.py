"""Tries to hand a notice over: when its time has come it is taken, with a lease.

Statements are made once: to put one together takes longer than the database takes to run it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    Connection,
    Label,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from hub.crashpoints import crashpoint
from hub.store.among import among
from hub.store.columns import unindexed
from hub.store.engine import in_order
from hub.store.outbox import BELIEF, CONTACT, CUSTOMER, NOTICE, OUTBOX, PERSON
from hub.store.tables import table
from hub.store.tables_of_notices import AttemptRow

ATTEMPT = table(AttemptRow)

#: How long an older notice of an order and recipient that waits for its next try holds newer ones
#: back. Short troubles keep the order of things; a long one must not keep the news away.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lane:
    """Notices that share an obstacle: one sink, or one way to all customers."""

    channel: str
    recipient: str | None = None  #: None: whoever it is for


def waiting(connection: Connection, now: datetime) -> tuple[bool, bool]:
    """Say whether there are changes to plan, and whether there are notices to send."""
    changes, due = connection.execute(_WAITING, {"now": now}).one()
    return bool(changes), bool(due)


def due(connection: Connection, lane: Lane, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return notices of a lane whose time has come, with their change and the person.

    Of one order and recipient at most one, the oldest change first (``PATIENCE``), and none while
    another is under way. What somebody else is about to take is passed by.
    """
    values = {"now": now, "soon": now + PATIENCE, "limit": limit, "channel": lane.channel}
    if lane.recipient is not None:
        values["recipient"] = lane.recipient
    with in_order(connection):
        found = connection.execute(_DUE[lane.recipient is not None], values).all()
    return sorted(found, key=lambda row: (row.next_at, row.id))


def lease(
    connection: Connection, notices: Collection[Row[Any]], *, now: datetime, until: datetime
) -> None:
    """Take notices and begin their attempts; in the transaction that read them as ``due``."""
    if not notices:
        return
    connection.execute(_LEASE, {"ids": [one.id for one in notices], "until": until})
    crashpoint("notify.leasing")
    connection.execute(
        _BEGIN,
        [{"notice_id": one.id, "n": one.attempts + 1, "started_at": now} for one in notices],
    )


# --- the statements, made once -----------------------------------------------------------------

_IS_DUE = NOTICE.c.state == literal_column("'due'")  # said as the indexes of what is due say it


def _due(*, one_recipient: bool) -> Select[Any]:
    # Which they are is asked first: of many that wait, few are taken. They are read as they were
    # when they were locked: a number of attempts from a moment before would be somebody else's.
    ours = _next(one_recipient=one_recipient).cte("ours")
    return (
        select(ours, OUTBOX.c.version, OUTBOX.c.occurred_at, OUTBOX.c.change, *PERSON, _first(ours))
        .join(OUTBOX, OUTBOX.c.id == ours.c.outbox_id)
        .outerjoin(BELIEF, BELIEF.c.order_id == ours.c.order_id)
        .outerjoin(CONTACT, CONTACT.c.id == BELIEF.c.contact_id)
        .outerjoin(CUSTOMER, CUSTOMER.c.id == CONTACT.c.customer_id)
    )


def _next(*, one_recipient: bool) -> Select[Any]:
    other = NOTICE.alias("other")
    older, state = other.c.outbox_id < NOTICE.c.outbox_id, unindexed(other.c.state)
    blocked = exists().where(
        other.c.order_id == NOTICE.c.order_id,
        other.c.channel == NOTICE.c.channel,
        other.c.recipient == NOTICE.c.recipient,
        or_(
            state == "leased",
            and_(older, state == "due", other.c.next_at <= bindparam("soon")),
        ),
    )
    theirs = [NOTICE.c.recipient == bindparam("recipient")] if one_recipient else []
    mine = [NOTICE.c.channel == bindparam("channel"), *theirs]
    return (
        select(NOTICE)
        .where(_IS_DUE, NOTICE.c.next_at <= bindparam("now"), *mine, ~blocked)
        .order_by(NOTICE.c.next_at, NOTICE.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )


def _first(notices: CTE) -> Label[Any]:
    """Whether somebody the shop knows has ordered nothing else; asked when an order is placed."""
    other = BELIEF.alias("another")
    another = exists().where(
        other.c.contact_id == BELIEF.c.contact_id, other.c.order_id != BELIEF.c.order_id
    )
    known = CONTACT.c.customer.not_like("order:%")  # a guest may have been here before
    placed = notices.c.milestone == "order_placed"
    return case((placed, and_(known, ~another)), else_=False).label("first_order")


_WAITING = select(
    exists().where(OUTBOX.c.planned_at.is_(None)),
    exists().where(NOTICE.c.state == "due", NOTICE.c.next_at <= bindparam("now")),
)
_DUE = {one: _due(one_recipient=one) for one in (False, True)}
_LEASE = (
    update(NOTICE)
    .where(among(NOTICE.c.id, "ids"), unindexed(NOTICE.c.state) == "due")
    .values(state="leased", attempts=NOTICE.c.attempts + 1, lease_until=bindparam("until"))
)
_BEGIN = insert(ATTEMPT)
