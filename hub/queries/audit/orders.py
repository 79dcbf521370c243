"""What is believed of every order is the fold of its facts, and every fact came in a delivery."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, func, select

from hub.queries.audit.check import Check, broken, count, figure
from hub.store import belief, timeline
from hub.store.tables import BeliefRow, InboxRow, TimelineRow, table
from hub.store.tables_of_notices import OutboxRow
from state_machine.fold import fold

BELIEF, TIMELINE = table(BeliefRow), table(TimelineRow)
INBOX, OUTBOX = table(InboxRow), table(OutboxRow)

PAGE = 500  #: orders folded per look


def checks(connection: Connection, progress: Callable[[int, int], None]) -> Iterator[Check]:
    """Check facts and beliefs against each other; ``progress``: orders folded, orders in all."""
    total = count(connection, BELIEF)
    done = wrong = unwritten = 0
    last = ""
    while page := _page(connection, last):
        last = page[-1]
        facts, known = timeline.load(connection, page), belief.load(connection, page)
        told = _told(connection, page)
        for order in page:
            now = fold(facts[order])
            wrong += belief.snapshot(now.order) != known[order].snapshot
            unwritten += sum(
                (order, m.subject, str(m.code), m.revision) not in told for m in now.milestones
            )
        done += len(page)
        progress(done, total)
    yield figure("orders", total, "orders we hold a belief about")
    yield broken("beliefs_astray", wrong, "beliefs that are not the fold of their facts")
    yield broken("milestones_unwritten", unwritten, "milestones reached that the outbox never had")
    yield from _facts(connection)


def _page(connection: Connection, last: str) -> list[str]:
    query = select(BELIEF.c.order_id).where(BELIEF.c.order_id > last).order_by(BELIEF.c.order_id)
    return list(connection.execute(query.limit(PAGE)).scalars())


def _told(connection: Connection, orders: list[str]) -> set[tuple[str, str, str, str]]:
    columns = (OUTBOX.c.order_id, OUTBOX.c.subject, OUTBOX.c.milestone, OUTBOX.c.revision)
    rows = connection.execute(select(*columns).where(OUTBOX.c.order_id.in_(orders)))
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def _facts(connection: Connection) -> Iterator[Check]:
    believed = select(BELIEF.c.order_id).where(BELIEF.c.order_id == TIMELINE.c.order_id).exists()
    unbelieved = select(func.count(TIMELINE.c.order_id.distinct())).where(~believed)
    yield broken(
        "orders_unbelieved",
        int(connection.execute(unbelieved).scalar_one()),
        "orders with facts and without a belief",
    )
    marked = select(INBOX.c.raw_id).where(INBOX.c.raw_id == TIMELINE.c.raw_id).exists()
    yield broken(
        "facts_unmarked", count(connection, TIMELINE, ~marked), "facts of no delivery we know of"
    )
