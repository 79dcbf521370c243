"""A dry run: kept raws are read again in a transaction that is never committed, and compared.

What becomes of them is worked out by the very code that would do it, so the answer cannot be
another one. What was believed before is seen through a second connection, to which nothing has
happened. Only a page of orders is held at a time; which orders were touched is a table that goes
away with the transaction.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Row, String, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from hub.pipeline.differences import differences
from hub.pipeline.replay import Selection, page, size
from hub.pipeline.reread import Reread, reread
from hub.pipeline.translate import Translator
from hub.store.columns import KEY
from hub.store.faults import unavailable
from hub.store.rows import insert_new
from hub.store.session import Store
from hub.store.tables import BeliefRow, table
from hub.store.tables_of_notices import NoticeRow, OutboxRow

BELIEF, OUTBOX, NOTICE = table(BeliefRow), table(OutboxRow), table(NoticeRow)
TOUCHED = Table(
    "touched",
    MetaData(),
    Column("order_id", String(KEY), primary_key=True),
    prefixes=["TEMPORARY"],
)
PAGE = 256  #: orders per look


class Rehearsal:
    """A replay that only seems to happen."""

    def __init__(self, connection: Connection, before: Connection) -> None:
        """``connection``: it happens here, and is rolled back; ``before``: as it is."""
        self.connection = connection
        self._before = before
        TOUCHED.create(connection)
        self._told = int(connection.execute(select(func.max(OUTBOX.c.id))).scalar() or 0)

    def read(self, translator: Translator, selection: Selection) -> Iterator[Reread]:
        """Read the raws again as if customers were to be told; yield the sums after each page."""
        sums, last = Reread(), 0
        _, end = size(self.connection, selection)
        while rows := page(self.connection, selection, after=last, last=end):
            orders = reread(self.connection, translator, rows, sums, silent=None)
            insert_new(self.connection, TOUCHED, [{"order_id": one} for one in set(orders)])
            last = rows[-1].id
            yield sums
        yield sums

    def differences(self) -> Iterator[dict[str, Any]]:
        """Yield the orders that are believed otherwise, each with what is different."""
        for orders in self._pages(TOUCHED.c.order_id):
            was, now = (_beliefs(one, orders) for one in (self._before, self.connection))
            for order in orders:
                if order not in was:
                    new = {"why": "not known before", "status": [None, now[order]["status"]]}
                    yield {"order": order, **new}
                elif found := differences(was[order], now[order]):
                    yield {"order": order, **found}

    def notices(self, untold: Counter[str]) -> Iterator[dict[str, Any]]:
        """Yield the changes that somebody would be told of, each with how many on which channel.

        To be asked when the notices have been worked out (``hub.notify.rehearsing``). The others
        are counted in ``untold``, by the reason.
        """
        for ids in self._pages(OUTBOX.c.id, self._told):
            changes = self.connection.execute(
                select(OUTBOX).where(OUTBOX.c.id.in_(ids)).order_by(OUTBOX.c.id)
            ).all()
            made = self.connection.execute(select(NOTICE).where(NOTICE.c.outbox_id.in_(ids))).all()
            for change in changes:
                mine = [one for one in made if one.outbox_id == change.id]
                told = Counter(one.channel for one in mine if one.state != "suppressed")
                if told:
                    yield {**_said(change), "notices": dict(told)}
                else:
                    reasons = {str(one.reason).partition(":")[0] for one in mine}
                    untold.update(reasons or {"nobody to tell"})

    def _pages(self, column: Column[Any], after: Any = "") -> Iterator[list[Any]]:
        query = select(column).order_by(column).limit(PAGE)
        while found := list(self.connection.execute(query.where(column > after)).scalars()):
            yield found
            after = found[-1]


@contextmanager
def rehearsal(store: Store) -> Iterator[Rehearsal]:
    """Begin a dry run; whatever happens in it is rolled back at the end.

    On SQLite nobody else can write meanwhile, on PostgreSQL nobody can write about the same orders.
    """
    with store.engine.connect() as connection, store.reader.connect() as before:
        try:
            yield Rehearsal(connection, before)
        except SQLAlchemyError as error:
            raise unavailable("not rehearsed", error) from error
        finally:
            connection.rollback()


def _beliefs(connection: Connection, orders: Collection[str]) -> dict[str, dict[str, Any]]:
    rows = connection.execute(select(BELIEF).where(BELIEF.c.order_id.in_(orders))).mappings()
    return {row["order_id"]: dict(row) for row in rows}


def _said(change: Row[Any]) -> dict[str, Any]:
    said = {name: getattr(change, name) for name in ("milestone", "subject", "revision")}
    return {"notice": change.order_id, **said, "occurred_at": change.occurred_at}
