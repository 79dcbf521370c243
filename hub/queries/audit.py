"""Proves the sums: every accepted raw has one outcome, every belief is the fold of its facts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select

from hub.queries.tallies import backlog
from hub.store import belief, timeline
from hub.store.log import READER, position
from hub.store.tables import (
    BeliefRow,
    InboxRow,
    NoticeRow,
    OutboxRow,
    ParkedRow,
    QuarantineRow,
    RawRow,
    table,
)
from state_machine.fold import fold

RAW = table(RawRow)
INBOX = table(InboxRow)
PARKED = table(ParkedRow)
QUARANTINE = table(QuarantineRow)
BELIEF = table(BeliefRow)
OUTBOX = table(OutboxRow)
NOTICE = table(NoticeRow)

OUTCOMES = ("applied", "duplicate", "parked", "quarantined")
PAGE = 500  #: orders folded per look


@dataclass(frozen=True, slots=True)
class Check:
    """One sum, and whether it holds."""

    name: str
    holds: bool
    found: int  #: how many rows break it; the figure itself for the plain counts
    meaning: str


def audit(
    connection: Connection, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Check]:
    """Check the promises that the database itself can prove.

    ``progress`` is called with (orders folded, orders in all). Changes nothing.
    """
    return [*_raws(connection), *_beliefs(connection, progress), *_notices(connection)]


def _count(connection: Connection, query: Select[int]) -> int:
    return int(connection.execute(query).scalar_one())


def _broken(name: str, found: int, meaning: str) -> Check:
    return Check(name, found == 0, found, meaning)


def _raws(connection: Connection) -> Iterator[Check]:
    outcomes = dict.fromkeys(OUTCOMES, 0)
    rows = connection.execute(select(INBOX.c.outcome, func.count()).group_by(INBOX.c.outcome))
    outcomes |= {row[0]: int(row[1]) for row in rows}
    for name in OUTCOMES:
        yield Check(name, True, outcomes[name], f"raws whose outcome is {name}")
    yield Check("waiting", True, backlog(connection).size, "raws the pipeline has not read yet")
    unknown = sum(count for name, count in outcomes.items() if name not in OUTCOMES)
    yield _broken("strange_outcomes", unknown, "raws with an outcome that is none of the four")
    read = position(connection, READER)
    marked = select(INBOX.c.raw_id).where(INBOX.c.raw_id == RAW.c.id).exists()
    lost = select(func.count()).select_from(RAW).where(RAW.c.id <= read, ~marked)
    yield _broken("without_outcome", _count(connection, lost), "raws read but without an outcome")
    waits = select(PARKED.c.raw_id).where(PARKED.c.raw_id == INBOX.c.raw_id).exists()
    parked = select(func.count()).select_from(INBOX).where(INBOX.c.outcome == "parked", ~waits)
    yield _broken(
        "parked_nowhere", _count(connection, parked), "parked raws of which nothing waits"
    )
    held = (
        select(QUARANTINE.c.id)
        .where(QUARANTINE.c.raw_id == INBOX.c.raw_id, QUARANTINE.c.released_at.is_(None))
        .exists()
    )
    gone = select(func.count()).select_from(INBOX).where(INBOX.c.outcome == "quarantined", ~held)
    yield _broken(
        "quarantined_nowhere", _count(connection, gone), "quarantined raws nobody can see"
    )


def _beliefs(connection: Connection, progress: Callable[[int, int], None]) -> Iterator[Check]:
    total = _count(connection, select(func.count()).select_from(BELIEF))
    done = wrong = untold = 0
    last = ""
    while page := _page(connection, last):
        last = page[-1]
        facts, known = timeline.load(connection, page), belief.load(connection, page)
        told = _told(connection, page)
        for order in page:
            now = fold(facts[order])
            wrong += belief.snapshot(now.order) != known[order].snapshot
            untold += sum(
                (order, m.subject, str(m.code), m.revision) not in told for m in now.milestones
            )
        done += len(page)
        progress(done, total)
    yield Check("orders", True, total, "orders we hold a belief about")
    yield _broken("beliefs_astray", wrong, "beliefs that are not the fold of their facts")
    yield _broken("milestones_unwritten", untold, "milestones reached that the outbox never had")


def _page(connection: Connection, last: str) -> list[str]:
    query = select(BELIEF.c.order_id).where(BELIEF.c.order_id > last).order_by(BELIEF.c.order_id)
    return list(connection.execute(query.limit(PAGE)).scalars())


def _told(connection: Connection, orders: list[str]) -> set[tuple[str, str, str, str]]:
    columns = (OUTBOX.c.order_id, OUTBOX.c.subject, OUTBOX.c.milestone, OUTBOX.c.revision)
    rows = connection.execute(select(*columns).where(OUTBOX.c.order_id.in_(orders)))
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def _notices(connection: Connection) -> Iterator[Check]:
    silent = (
        select(func.count())
        .select_from(NOTICE)
        .where(NOTICE.c.state.in_(("suppressed", "held", "dead")), NOTICE.c.reason.is_(None))
    )
    yield _broken("silent_without_reason", _count(connection, silent), "unsent without a reason")
    held = select(func.count()).select_from(NOTICE).where(NOTICE.c.state == "held")
    yield Check("held", True, _count(connection, held), "notices a person must decide on")
