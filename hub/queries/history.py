"""The story of one order: its facts with what each did, and every telling with its attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.store.facts import decode
from hub.store.tables import TimelineRow, table
from hub.store.tables_of_notices import AttemptRow, NoticeRow, OutboxRow
from hub.store.tables_of_telling import ReceiptRow
from state_machine.events import Event
from state_machine.fold import NotAnOrder, fold
from state_machine.order import Effect, Outcome

TIMELINE, OUTBOX = table(TimelineRow), table(OutboxRow)
NOTICE, ATTEMPT, RECEIPT = table(NoticeRow), table(AttemptRow), table(ReceiptRow)


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of an order's timeline, and what it did to what we believe."""

    event: Event
    received_at: datetime
    source: str
    raw_id: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Telling:
    """One change worth telling, with what was sent about it; empty ``notices``: to nobody."""

    change: Row[Any]  #: of the outbox
    #: each with its attempts, and with what providers reported of them
    notices: Sequence[tuple[Row[Any], Sequence[Row[Any]], Sequence[Row[Any]]]]


def timeline(connection: Connection, order_id: str) -> Sequence[Entry]:
    """Return an order's facts in the order they happened, each with its effect."""
    rows = connection.execute(select(TIMELINE).where(TIMELINE.c.order_id == order_id)).all()
    told = [(decode(row.fact), row) for row in rows]
    effects = _effects([event for event, _ in told])
    told.sort(key=lambda pair: (pair[0].occurred_at, pair[0].id))
    return [
        Entry(event, row.received_at, row.source, row.raw_id, effects[event.id])
        for event, row in told
    ]


def _effects(facts: Sequence[Event]) -> Mapping[str, Effect]:
    try:
        return {effect.fact: effect for effect in fold(facts).effects}
    except NotAnOrder as reason:
        return {fact.id: Effect(fact.id, Outcome.IGNORED, str(reason)) for fact in facts}


def tellings(connection: Connection, order_id: str) -> Sequence[Telling]:
    """Return every change worth telling of an order, and what became of it."""
    changes = connection.execute(
        select(OUTBOX).where(OUTBOX.c.order_id == order_id).order_by(OUTBOX.c.id)
    ).all()
    notices = connection.execute(
        select(NOTICE).where(NOTICE.c.order_id == order_id).order_by(NOTICE.c.id)
    ).all()
    ids = [notice.id for notice in notices]
    tries = connection.execute(
        select(ATTEMPT)
        .where(ATTEMPT.c.notice_id.in_(ids))
        .order_by(ATTEMPT.c.notice_id, ATTEMPT.c.n)
    ).all()
    reports = connection.execute(
        select(RECEIPT).where(RECEIPT.c.notice_id.in_(ids)).order_by(RECEIPT.c.at, RECEIPT.c.event)
    ).all()
    return [
        Telling(
            change,
            [
                (notice, _of(notice, tries), _of(notice, reports))
                for notice in notices
                if notice.outbox_id == change.id
            ],
        )
        for change in changes
    ]


def _of(notice: Row[Any], rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    return [row for row in rows if row.notice_id == notice.id]
