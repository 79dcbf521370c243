"""What waits for an order although the order is known: there should be none, and these are they."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_

from hub.store import parcels
from hub.store.parking import PARKED
from hub.store.tables import BeliefRow, ParcelRow, table
from hub.store.timeline import Arrival
from state_machine.events import ParcelKey

BELIEF = table(BeliefRow)
PARCEL = table(ParcelRow)

Name = tuple[str, str]  #: key and fact
PAGE = 500


def strays(connection: Connection) -> Iterator[Name]:
    """Yield what should have come home when its order became known, and did not."""
    for row in _under("order:", connection, select(BELIEF.c.order_id)):
        yield row.key, row.fact_id
    page: list[Row[Any]] = []
    for row in _under("parcel:", connection, select(PARCEL.c.number)):
        page.append(row)
        if len(page) == PAGE:
            yield from _meant(connection, page)
            page = []
    yield from _meant(connection, page)


def those(connection: Connection, names: Collection[Name]) -> Sequence[Row[Any]]:
    """Return the rows of ``names`` that still wait."""
    name = tuple_(PARKED.c.key, PARKED.c.fact_id)
    return connection.execute(select(PARKED).where(name.in_(names))).all()


def _under(kind: str, connection: Connection, known: Any) -> Iterator[Row[Any]]:
    """Yield what waits under a key of a kind whose rest is known."""
    rest = func.substr(PARKED.c.key, len(kind) + 1)
    query = select(PARKED).where(PARKED.c.key.startswith(kind), rest.in_(known))
    yield from connection.execute(query.execution_options(yield_per=PAGE))


def _meant(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[Name]:
    """Yield those that an order with their number can have been meant by: numbers are recycled."""
    numbers = {row.key.removeprefix("parcel:") for row in rows}
    claims = parcels.claims_to(connection, numbers)
    for row in rows:
        known, event = claims[row.key.removeprefix("parcel:")].values(), Arrival.stored(row).event
        carrier = event.about.carrier if isinstance(event.about, ParcelKey) else None
        if parcels.meant(known, carrier, event.occurred_at):
            yield row.key, row.fact_id
