"""Reads kept raws and stored timelines again, with what connectors and rules have learned since."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from hub.pipeline.apply import Applied, digest, write
from hub.pipeline.batch import BATCH
from hub.pipeline.recent import Recent
from hub.pipeline.renew import Renewed
from hub.pipeline.translate import Translator
from hub.store import belief, timeline
from hub.store.session import Store
from hub.store.tables import BeliefRow, InboxRow, RawRow, table
from state_machine.fold import Fold
from state_machine.order import Belief

RAW = table(RawRow)
INBOX = table(InboxRow)
BELIEF = table(BeliefRow)

SILENT = "replayed history"


def replay(
    store: Store, translator: Translator, *, since: datetime, notify: bool
) -> Iterator[Applied]:
    """Translate and apply the kept raws again that reached us at or after ``since``.

    Facts are known by their ids, so only what the connectors say anew changes anything. Nobody is
    told of it unless ``notify``. Yields the sums so far, after each batch. Quarantined raws stay
    where they are: they are released, not replayed.
    """
    sums, last = Applied(), 0
    while True:
        position = last

        def work(connection: Connection, position: int = position) -> tuple[int, int]:
            return _batch(connection, translator, sums, position, since, notify=notify)

        last, count = store.write_now(work)
        if not count:
            return
        sums.raws += count
        yield sums


def _batch(
    connection: Connection,
    translator: Translator,
    sums: Applied,
    position: int,
    since: datetime,
    *,
    notify: bool,
) -> tuple[int, int]:
    rows = connection.execute(
        select(RAW)
        .join(INBOX, INBOX.c.raw_id == RAW.c.id)
        .where(RAW.c.id > position, RAW.c.received_at >= since, INBOX.c.outcome == "applied")
        .order_by(RAW.c.id)
        .limit(BATCH)
    ).all()
    if not rows:
        return position, 0
    digest(
        connection,
        [translator.translate(row) for row in rows],
        sums,
        Recent(size=0),
        silent=None if notify else SILENT,
    )
    return rows[-1].id, len(rows)


def refold(store: Store, *, notify: bool) -> Iterator[Applied]:
    """Fold every stored timeline again and put right the beliefs that come out otherwise.

    After a rule of the state machine was mended, what we hold true may not be the fold of its facts
    any more (``tilanne audit`` counts such orders). Nobody is told unless ``notify``. Yields the
    sums so far, after each page of orders.
    """
    sums, last = Applied(), ""
    while True:
        first = last

        def work(connection: Connection, first: str = first) -> str:
            return _refold(connection, sums, first, notify=notify)

        last = store.write_now(work)
        if not last:
            return
        yield sums


def _refold(connection: Connection, sums: Applied, first: str, *, notify: bool) -> str:
    query = select(BELIEF.c.order_id).where(BELIEF.c.order_id > first).order_by(BELIEF.c.order_id)
    page = list(connection.execute(query.limit(BATCH)).scalars())
    known, facts = belief.load(connection, page), timeline.load(connection, page)
    renewed = Renewed()
    for order in page:
        fold = Fold()
        now = fold.extend(facts[order])
        if not _same(known[order], now):
            renewed.order(order, known[order], fold, now, received=(), stated=())
    write(connection, renewed, sums, None if notify else SILENT)
    return page[-1] if page else ""


def _same(known: belief.Known, now: Belief) -> bool:
    reached = {milestone.key for milestone in now.milestones}
    return known.snapshot == belief.snapshot(now.order) and set(known.milestones) == reached
