"""Questions about orders: what we believe, what happened, what was told, and to whom.

Nothing here writes. Every question may raise ``StoreUnavailable``.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, bindparam, select

from hub.queries.finding import BELIEF, Condition, behind, cursor_at, possible
from hub.queries.history import Entry, Telling, tellings, timeline
from hub.queries.past import past
from hub.queries.quarantined import quarantined
from hub.queries.stored import StoredOrder
from hub.queries.tallies import Sums, Waiting, backlog, sums
from hub.store.glance import Glance
from hub.store.session import Store
from hub.store.tables import table
from hub.store.tables_of_notices import MailRow

T = TypeVar("T")
MAX_PAGE = 100  #: orders
MAX_KEYS = 500  #: orders named in one question

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
BY_ID = Glance(ORDER.where(BELIEF.c.order_id == bindparam("order")), "order")
NEWEST = (BELIEF.c.as_of.desc(), BELIEF.c.order_id.desc())


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the orders found, newest news first; ``next`` asks for the ones behind them."""

    orders: Sequence[StoredOrder]
    next: str | None


class Queries:
    """Questions to one store."""

    def __init__(self, store: Store) -> None:
        """Ask ``store``."""
        self._store = store

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a reading function."""
        return await self._store.read(work)

    async def rows(self, question: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        """Return all rows of a question."""
        return await self.read(lambda connection: connection.execute(question).all())

    async def order(self, order_id: str) -> StoredOrder | None:
        """Return an order by its id, or None."""
        if not possible(order_id):
            return None
        row = await BY_ID.at(self._store, order_id)
        return _stored(row) if row else None

    async def versions(self, orders: Collection[str]) -> dict[str, int]:
        """Return the version of each of the orders that exist."""
        found: dict[str, int] = {}
        rest = list(orders)
        while rest:
            some, rest = rest[:MAX_KEYS], rest[MAX_KEYS:]
            question = select(BELIEF.c.order_id, BELIEF.c.version)
            rows = await self.rows(question.where(BELIEF.c.order_id.in_(some)))
            found |= {row.order_id: row.version for row in rows}
        return found

    async def order_at(self, order_id: str, at: datetime) -> StoredOrder | None:
        """Return an order as it was believed at a time gone by, or None (``hub.queries.past``)."""
        if not possible(order_id):
            return None
        found = await self.read(lambda connection: past(connection, order_id, at))
        return found.order if found else None

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

    @property
    def writable(self) -> bool:
        """Whether the hub that is asked can still write; reading may well go on without."""
        return self._store.alive

    async def backlog(self) -> Waiting:
        """Return the raws that are durable and not yet read by the pipeline."""
        return await self.read(backlog)

    async def quarantined(self, limit: int = MAX_PAGE) -> Sequence[Row[Any]]:
        """Return what waits for a person, the most frequent first (``quarantined.quarantined``)."""
        return await self.read(lambda connection: quarantined(connection, limit))

    async def mails(self, limit: int) -> Sequence[Row[Any]]:
        """Return the newest e-mails of the local mailbox (id, stored_at, message)."""
        return await self.rows(select(MAIL).order_by(MAIL.c.id.desc()).limit(limit))

    async def mail(self, number: int) -> Row[Any] | None:
        """Return one e-mail of the local mailbox."""
        return next(iter(await self.rows(select(MAIL).where(MAIL.c.id == number))), None)


def _stored(row: Any) -> StoredOrder:
    return StoredOrder(*row)
