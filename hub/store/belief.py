"""What we believe about each order, and the keys by which facts find it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Select, Text, delete, literal, literal_column, select, text

from hub.store.among import among
from hub.store.locking import crowded
from hub.store.rows import insert_new, update_each, upsert
from hub.store.tables import BeliefRow, OpenLineRow, table
from state_machine.milestones import MilestoneKey, Told
from state_machine.order import Order

BELIEF = table(BeliefRow)
OPEN_LINE = table(OpenLineRow)


class Known(NamedTuple):
    """A stored belief, as far as the next one needs it."""

    number: str
    contact_id: str | None
    version: int
    status: str
    as_of: datetime
    due_at: datetime | None
    snapshot: str
    milestones: tuple[MilestoneKey, ...]
    waits_for: frozenset[str] | None = None  #: SKUs of units in the shop; None: look them up
    mark: str = ""  #: which transaction has written it; "" where nobody writes beside us


# PostgreSQL says of every row which transaction has written it. Nobody can forget to set that, be
# it an older version of the hub or a person: it tells that a row is still the one we knew.
_MARK = literal_column("belief.xmin::text", Text)
_OURS = text("SELECT pg_current_xact_id()::xid::text")
_COLUMNS = (
    BELIEF.c.order_id,
    BELIEF.c.number,
    BELIEF.c.contact_id,
    BELIEF.c.version,
    BELIEF.c.status,
    BELIEF.c.as_of,
    BELIEF.c.due_at,
    BELIEF.c.snapshot,
    BELIEF.c.milestones,
)
_STORED: Mapping[bool, Select[Any]] = {
    others: select(*_COLUMNS, mark.label("mark")).where(among(BELIEF.c.order_id, "orders"))
    for others, mark in ((True, _MARK), (False, literal("")))
}
_HOLD = (
    select(BELIEF.c.order_id, _MARK.label("mark"))
    .where(among(BELIEF.c.order_id, "orders"))
    .order_by(BELIEF.c.order_id)
    .with_for_update()
)


def load(connection: Connection, orders: Collection[str]) -> dict[str, Known]:
    """Return the stored beliefs of those of the orders that exist."""
    if not orders:
        return {}
    rows = connection.execute(_STORED[crowded(connection)], {"orders": [*orders]})
    return {row.order_id: known(row)._replace(mark=row.mark) for row in rows}


def hold(connection: Connection, known: Mapping[str, Known]) -> set[str]:
    """Keep these orders from being written by others until this transaction is committed.

    Returns those that somebody has written since they became known to us: what is known of them
    does not hold any more, and neither does what was folded from their facts.
    """
    if not known or not crowded(connection):
        return set()
    rows = connection.execute(_HOLD, {"orders": [*known]})
    marks = {row.order_id: row.mark for row in rows}
    return {order for order, one in known.items() if marks.get(order) != one.mark}


def our_mark(connection: Connection) -> str:
    """Return the mark of what this transaction writes."""
    return str(connection.execute(_OURS).scalar_one()) if crowded(connection) else ""


def known(row: Any) -> Known:
    """Read a stored row; raises ``ValueError`` when its milestones are none of ours."""
    return Known(
        number=row.number,
        contact_id=row.contact_id,
        version=row.version,
        status=row.status,
        as_of=row.as_of,
        due_at=row.due_at,
        snapshot=row.snapshot,
        milestones=_keys(row.milestones),
    )


def _keys(text: str) -> tuple[MilestoneKey, ...]:
    keys = [(Told(code), subject, revision) for code, subject, revision in orjson.loads(text)]
    return tuple(keys)


def snapshot(order: Order) -> str:
    """Write an order as JSON text."""
    return orjson.dumps(order, option=orjson.OPT_UTC_Z).decode()


def row(order_id: str, order: Order, known: Known) -> dict[str, Any]:
    """Make the row of a belief that is new, or that is to be found by another key."""
    return {
        "order_id": order_id,
        "shop": order.shop,
        "external_id": order.external_id,
        "number": known.number,
        "contact_id": known.contact_id,
        "due_at": known.due_at,
        **progress(order_id, known),
    }


def progress(order_id: str, known: Known) -> dict[str, Any]:
    """Make the row of a belief of which everything stays but how far the order has come."""
    return {
        "order_id": order_id,
        "version": known.version,
        "status": known.status,
        "as_of": known.as_of,
        "snapshot": known.snapshot,
        "milestones": orjson.dumps(known.milestones).decode(),
    }


def save(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store beliefs that are new, or whose keys changed."""
    update = [c.name for c in BELIEF.columns if c.name not in ("order_id", "shop", "external_id")]
    upsert(connection, BELIEF, rows, update=update)


def go_on(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store how far orders have come that are stored already."""
    stored = update_each(connection, BELIEF, rows, "order_id")
    if stored != len(rows):
        raise LookupError(f"of {len(rows)} orders only {stored} are stored")


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
