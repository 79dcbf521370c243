"""What we believe about each order, and the keys by which facts find it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select

from hub.store.rows import insert_new, upsert
from hub.store.tables import BeliefRow, OpenLineRow, ParcelRow, table
from state_machine.milestones import Told
from state_machine.order import Order
from state_machine.promises import next_deadline

BELIEF = table(BeliefRow)
PARCEL = table(ParcelRow)
OPEN_LINE = table(OpenLineRow)

EARLY = timedelta(days=14)  #: a carrier may see a parcel this long before the shop names it
RECYCLED = timedelta(days=120)  #: after this a number means another parcel (EasyPost: 3 months)
TOGETHER = timedelta(days=3)  #: orders that name one number this close share the parcel


@dataclass(frozen=True, slots=True)
class Known:
    """A stored belief, as far as the next one needs it."""

    version: int
    status: str
    snapshot: str
    milestones: list[tuple[Told, str, str]]
    contact_id: str | None
    as_of: datetime
    waits_for: frozenset[str] | None = None  #: SKUs of units in the shop; None: look them up


def load(
    connection: Connection, orders: Collection[str], *, to_change: bool = False
) -> dict[str, Known]:
    """Return the stored beliefs of those of the orders that exist.

    ``to_change``: whoever else wants to change them waits until this transaction is committed.
    """
    if not orders:
        return {}
    columns = (
        BELIEF.c.order_id,
        BELIEF.c.version,
        BELIEF.c.status,
        BELIEF.c.snapshot,
        BELIEF.c.milestones,
        BELIEF.c.contact_id,
        BELIEF.c.as_of,
    )
    query = select(*columns).where(BELIEF.c.order_id.in_(orders))
    if to_change:
        query = query.order_by(BELIEF.c.order_id).with_for_update()
    return {
        row.order_id: Known(
            version=row.version,
            status=row.status,
            snapshot=row.snapshot,
            milestones=_keys(row.milestones),
            contact_id=row.contact_id,
            as_of=row.as_of,
        )
        for row in connection.execute(query)
    }


def _keys(text: str) -> list[tuple[Told, str, str]]:
    return [(Told(code), subject, revision) for code, subject, revision in orjson.loads(text)]


def snapshot(order: Order) -> str:
    """Write an order as JSON text."""
    return orjson.dumps(order, option=orjson.OPT_UTC_Z).decode()


def row(order_id: str, order: Order, known: Known) -> dict[str, Any]:
    """Make the row of a belief."""
    return {
        "order_id": order_id,
        "shop": order.shop,
        "external_id": order.external_id,
        "number": order.number,
        "contact_id": known.contact_id,
        "version": known.version,
        "status": str(order.status),
        "as_of": known.as_of,
        "due_at": next_deadline(order),
        "snapshot": known.snapshot,
        "milestones": orjson.dumps(known.milestones).decode(),
    }


def save(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store beliefs, new or changed."""
    update = [c.name for c in BELIEF.columns if c.name not in ("order_id", "shop", "external_id")]
    upsert(connection, BELIEF, rows, update=update)


def name_parcels(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note which orders tracking numbers belong to."""
    insert_new(connection, PARCEL, rows)


def orders_of_numbers(
    connection: Connection, numbers: Collection[str]
) -> dict[str, list[tuple[str, datetime]]]:
    """Return, per tracking number, the orders that named it and since when."""
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    if numbers:
        columns = (PARCEL.c.number, PARCEL.c.order_id, PARCEL.c.since)
        for number, order_id, since in connection.execute(
            select(*columns).where(PARCEL.c.number.in_(numbers))
        ):
            found[number].append((order_id, since))
    return found


def choose(candidates: Iterable[tuple[str, datetime]], at: datetime) -> list[str]:
    """Choose whose parcel a scan of ``at`` speaks of; carriers recycle numbers.

    In: (order, since when it has the number). Out: the orders of the youngest parcel that can have
    been meant; several only when orders travel in one parcel; none when all are too old or young.
    """
    possible = [one for one in candidates if one[1] - EARLY <= at <= one[1] + RECYCLED]
    if not possible:
        return []
    youngest = max(since for _, since in possible)
    return [order for order, since in possible if youngest - since <= TOGETHER]


def orders_waiting_for(
    connection: Connection, skus: Collection[str]
) -> dict[str, list[tuple[str, str]]]:
    """Return, per SKU, the (order, shop) pairs that still wait for goods of it."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    if skus:
        for row_ in connection.execute(select(OPEN_LINE).where(OPEN_LINE.c.sku.in_(skus))):
            found[row_.sku].append((row_.order_id, row_.shop))
    return found


def set_open_lines(
    connection: Connection, wanted: Mapping[str, tuple[str, frozenset[str]]]
) -> None:
    """Keep the index of SKUs that orders wait for: order -> (shop, SKUs with unshipped units)."""
    if wanted:  # an order may have come to wait for other goods
        connection.execute(delete(OPEN_LINE).where(OPEN_LINE.c.order_id.in_(wanted)))
    rows = [
        {"sku": sku, "order_id": order, "shop": shop}
        for order, (shop, skus) in wanted.items()
        for sku in skus
    ]
    insert_new(connection, OPEN_LINE, rows)
