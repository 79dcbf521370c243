"""Notices to customers that do not get through by their channel, and calling them off."""

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
    func,
    or_,
    select,
    update,
)

from hub.store.attempts import ATTEMPT
from hub.store.columns import unindexed
from hub.store.elapsed import BEGUN
from hub.store.outbox import BELIEF, CONTACT, CUSTOMER, NOTICE, OUTBOX, PERSON
from hub.store.tables import table
from hub.store.tables_of_telling import ReceiptRow

RECEIPT = table(ReceiptRow)

#: a notice that failed for good longer ago than this is not told otherwise any more
FAILED_LATELY = timedelta(hours=1)
AT_ONCE = 1000  #: notices one question names
#: how the reason of a notice ends for which there is no other way
NO_OTHER_WAY = "; there is no other channel"
NOT_KNOWN = "it came back, or nobody reported that it arrived"

_GIVEN_IN = func.coalesce(NOTICE.c.reason, "").endswith(NO_OTHER_WAY)
_THIS_TRY = and_(ATTEMPT.c.notice_id == NOTICE.c.id, ATTEMPT.c.n == NOTICE.c.attempts)
_MAY_HAVE_IT = exists().where(
    ATTEMPT.c.notice_id == NOTICE.c.id,
    or_(
        ATTEMPT.c.outcome == "ambiguous",
        and_(_THIS_TRY, NOTICE.c.state == "leased", ATTEMPT.c.handing_at.is_not(None)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which notices count as stuck."""

    channels: Collection[str]  #: those to customers
    ill: Collection[str]  #: whose provider is left alone
    silent: Collection[str]  #: where no report of the provider means that it did not arrive
    unmarked: Collection[str]  #: of which is not written down when they hand over
    #: milestones with the moment before which they must have begun
    late: Collection[tuple[Collection[str], datetime]]
    now: datetime


def stuck(connection: Connection, where: Where, limit: int) -> Sequence[Row[Any]]:
    """Return notices that another channel has to take over, with change and person.

    ``id`` is the change's; the notice's own columns are ``notice_id``, ``channel``, ``state`` and
    ``attempts``. Left out: what a channel was already found for, and what may have arrived.
    """
    questions = [_overdue(where), _failed(where)]
    back = _came_back(connection, where)
    questions += [_bounced(back[n : n + AT_ONCE]) for n in range(0, len(back), AT_ONCE)]
    if where.silent:
        questions.append(_silent(where))
    found: list[Row[Any]] = []
    for question in questions:
        found += connection.execute(_among(question, where).limit(limit)).all()
    return found


def call_off(connection: Connection, notice_id: int, n: int, reason: str, now: datetime) -> bool:
    """Take a notice back that nobody has handed over; False when that is too late.

    Who is in the middle of attempt ``n`` is not allowed to hand it over any more.
    """
    mine = and_(NOTICE.c.id == notice_id, NOTICE.c.attempts == n)
    free = and_(unindexed(NOTICE.c.state).in_(("due", "leased", "dead")), ~_MAY_HAVE_IT)
    values = {"state": "suppressed", "reason": reason, "settled_at": now, "lease_until": None}
    if connection.execute(update(NOTICE).where(mine, free).values(values)).rowcount != 1:
        return False
    connection.execute(
        update(ATTEMPT)
        .where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.outcome.is_(None))
        .values(outcome="retry", detail=reason, ended_at=now)
    )
    return True


def give_in(connection: Connection, notice_id: int) -> None:
    """Note that a failed notice has no other way."""
    connection.execute(
        update(NOTICE)
        .where(NOTICE.c.id == notice_id)
        .values(reason=func.coalesce(NOTICE.c.reason, NOT_KNOWN) + NO_OTHER_WAY)
    )


def channels_of(connection: Connection, outbox_id: int, recipient: str) -> set[str]:
    """Return the channels by which a change has been, is being or was not told to somebody."""
    these = select(NOTICE.c.channel).where(
        NOTICE.c.outbox_id == outbox_id, NOTICE.c.recipient == recipient
    )
    return set(connection.scalars(these))


def _among(these: ColumnElement[bool], where: Where) -> Select[Any]:
    younger = NOTICE.alias("younger")
    taken_over = exists().where(
        younger.c.outbox_id == NOTICE.c.outbox_id,
        younger.c.recipient == NOTICE.c.recipient,
        younger.c.id > NOTICE.c.id,
        younger.c.channel.in_(where.channels),
    )
    return (
        select(
            OUTBOX,
            *PERSON,
            NOTICE.c.id.label("notice_id"),
            NOTICE.c.channel,
            NOTICE.c.recipient,
            NOTICE.c.state,
            NOTICE.c.attempts,
        )
        .join(OUTBOX, OUTBOX.c.id == NOTICE.c.outbox_id)
        .join(BELIEF, BELIEF.c.order_id == NOTICE.c.order_id)
        .join(CONTACT, CONTACT.c.id == BELIEF.c.contact_id)
        .outerjoin(CUSTOMER, CUSTOMER.c.id == CONTACT.c.customer_id)
        .where(
            NOTICE.c.channel.in_(where.channels),
            NOTICE.c.recipient == BELIEF.c.contact_id,
            these,
            ~taken_over,
        )
        .order_by(NOTICE.c.id)
    )


def _late(where: Where) -> ColumnElement[bool]:
    return or_(
        *[
            and_(NOTICE.c.milestone.in_(milestones), begun >= BEGUN)
            for milestones, begun in where.late
        ]
    )


def _overdue(where: Where) -> ColumnElement[bool]:
    """It fails, or its provider is ill, or an attempt hangs; not: it waits for its turn."""
    before = NOTICE.alias("before")
    behind_one_that_fails = exists().where(
        before.c.order_id == NOTICE.c.order_id,
        before.c.channel == NOTICE.c.channel,
        before.c.recipient == NOTICE.c.recipient,
        before.c.id < NOTICE.c.id,
        unindexed(before.c.state).in_(("due", "leased")),
        before.c.attempts > 0,
    )
    failing = or_(NOTICE.c.attempts > 0, NOTICE.c.channel.in_(where.ill), behind_one_that_fails)
    waits = and_(NOTICE.c.state == "due", failing)
    hangs = and_(NOTICE.c.state == "leased", NOTICE.c.channel.not_in(where.unmarked))
    return and_(or_(waits, hangs), _late(where), ~_MAY_HAVE_IT)


def _failed(where: Where) -> ColumnElement[bool]:
    return and_(NOTICE.c.state == "dead", _lately(where), ~_MAY_HAVE_IT)


def _came_back(connection: Connection, where: Where) -> Sequence[int]:
    """Return what bounced not long ago; asked first: it is little beside all that was sent."""
    these = select(RECEIPT.c.notice_id).where(
        RECEIPT.c.what == "bounced",
        RECEIPT.c.received_at > where.now - FAILED_LATELY,
        RECEIPT.c.notice_id.is_not(None),
    )
    return connection.scalars(these.distinct().order_by(RECEIPT.c.notice_id)).all()


def _bounced(back: Sequence[int]) -> ColumnElement[bool]:
    return and_(unindexed(NOTICE.c.state) == "sent", NOTICE.c.id.in_(back), ~_GIVEN_IN)


def _silent(where: Where) -> ColumnElement[bool]:
    heard_of = exists().where(RECEIPT.c.notice_id == NOTICE.c.id)
    silent = NOTICE.c.channel.in_(where.silent)
    return and_(NOTICE.c.state == "sent", silent, _lately(where), _late(where), ~heard_of)


def _lately(where: Where) -> ColumnElement[bool]:
    """Whether it was tried the last time not long ago; the index of what is due knows."""
    return and_(NOTICE.c.next_at > where.now - FAILED_LATELY, ~_GIVEN_IN)
