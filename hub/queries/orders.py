"""Questions about orders: what we believe, what happened, what was told, and to whom.

Nothing here writes. Every question may raise ``StoreUnavailable``.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.exc import SQLAlchemyError

from hub.queries.finding import BELIEF, Condition, behind, cursor_at, possible, table
from hub.queries.history import Entry, Telling, tellings, timeline
from hub.queries.tallies import Sums, Waiting, backlog, quarantined, sums
from hub.store.session import Store, StoreUnavailable
from hub.store.tables import MailRow

T = TypeVar("T")
MAX_PAGE = 100  #: orders

MAIL = table(MailRow)
ORDER = select(
    BELIEF.c.order_id,
    BELIEF.c.shop,
    BELIEF.c.number,
    BELIEF.c.contact_id,
    BELIEF.c.version,
    BELIEF.c.as_of,
    BELIEF.c.snapshot,
)
NEWEST = (BELIEF.c.as_of.desc(), BELIEF.c.order_id.desc())


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as it lies in the database; ``snapshot`` is the ``Order`` as JSON."""

    order_id: str
    shop: str
    number: str
    contact_id: str | None
    version: int
    as_of: datetime
    snapshot: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the orders found, newest news first; ``next`` asks for the ones behind them."""

    orders: Sequence[StoredOrder]
    next: str | None


class Queries:
    """Questions to one store."""

    def __init__(self, store: Store) -> None:
        """Ask ``store``. Questions for single orders that wait together share one look-up."""
        self._store = store
        self._waiting: dict[str, asyncio.Future[StoredOrder | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a reading function; a database that does not answer is ``StoreUnavailable``."""
        try:
            return await self._store.read(work)
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"not readable: {type(error).__name__}") from error

    async def rows(self, question: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        """Return all rows of a question."""
        return await self.read(lambda connection: connection.execute(question).all())

    async def order(self, order_id: str) -> StoredOrder | None:
        """Return an order by its id, or None."""
        if not possible(order_id):
            return None
        waiting = self._waiting.get(order_id)
        if waiting is None:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting[order_id] = waiting
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(waiting)

    async def find(self, where: Condition, *, limit: int = 20, cursor: str | None = None) -> Page:
        """Return the orders that a condition of ``hub.queries.finding`` names, newest news first.

        ``cursor`` is the ``next`` of the page before. An order that gets news meanwhile moves to
        the front; it is never shown twice. Raises ``Refused`` (bad-cursor).
        """
        limit = max(1, min(limit, MAX_PAGE))
        question = ORDER.where(where).order_by(*NEWEST).limit(limit + 1)
        if cursor is not None:
            question = question.where(behind(cursor))
        found = [_stored(row) for row in await self.rows(question)]
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return Page(found[:limit], cursor_at(last.as_of, last.order_id) if last else None)

    async def recent(self, limit: int) -> Sequence[StoredOrder]:
        """Return the orders with the newest news."""
        return [_stored(row) for row in await self.rows(ORDER.order_by(*NEWEST).limit(limit))]

    async def timeline(self, order_id: str) -> Sequence[Entry]:
        """Return an order's facts in the order they happened, each with its effect."""
        return await self.read(lambda connection: timeline(connection, order_id))

    async def tellings(self, order_id: str) -> Sequence[Telling]:
        """Return every change of an order that was worth telling, and what became of it."""
        return await self.read(lambda connection: tellings(connection, order_id))

    async def sums(self, now: datetime) -> Sums:
        """Return what became of everything accepted, and what waits."""
        return await self.read(lambda connection: sums(connection, now))

    async def backlog(self) -> Waiting:
        """Return the raws that are durable and not yet read by the pipeline."""
        return await self.read(backlog)

    async def quarantined(self, limit: int = MAX_PAGE) -> Sequence[Row[Any]]:
        """Return what waits for a person, the most frequent first (``tallies.quarantined``)."""
        return await self.read(lambda connection: quarantined(connection, limit))

    async def mails(self, limit: int) -> Sequence[Row[Any]]:
        """Return the newest e-mails of the local mailbox (id, stored_at, message)."""
        return await self.rows(select(MAIL).order_by(MAIL.c.id.desc()).limit(limit))

    async def mail(self, number: int) -> Row[Any] | None:
        """Return one e-mail of the local mailbox."""
        return next(iter(await self.rows(select(MAIL).where(MAIL.c.id == number))), None)

    async def _ask(self) -> None:
        """Look up all that waits at once: changing threads costs more than reading a row."""
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            question = ORDER.where(BELIEF.c.order_id.in_(list(batch)))
            try:
                found = {row.order_id: _stored(row) for row in await self.rows(question)}
            except Exception as error:  # noqa: BLE001 - every failure belongs to those who wait
                for waiting in batch.values():
                    waiting.set_exception(error)
                    waiting.exception()  # seen: whoever asked may be gone
                continue
            for order_id, waiting in batch.items():
                waiting.set_result(found.get(order_id))
        self._asking = None


def _stored(row: Any) -> StoredOrder:
    return StoredOrder(*row)
