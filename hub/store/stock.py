"""The latest fact about each SKU: where orders that come later start from."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select

from hub.store.facts import decode, encode
from hub.store.rows import insert_or
from hub.store.tables import StockRow, table
from hub.store.timeline import Arrival
from state_machine.events import StockCounted, StockKey

STOCK = table(StockRow)


def keep(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Keep the youngest fact per SKU, location and shop, counts and shortages apart."""
    insert_or(connection, STOCK, [_row(one) for one in arrivals], _younger)


def _younger(insert: Any) -> Any:
    new = insert.excluded
    names = ("occurred_at", "fact_id", "raw_id", "source", "received_at", "fact")
    return insert.on_conflict_do_update(
        index_elements=list(STOCK.primary_key.columns),
        set_={name: new[name] for name in names},
        where=new.occurred_at > STOCK.c.occurred_at,
    )


def _row(arrival: Arrival) -> dict[str, object]:
    event = arrival.event
    assert isinstance(event.about, StockKey)
    return {
        "sku": event.about.sku,
        "location": event.about.location or "",
        "shop": event.about.shop or "",
        "kind": "level" if isinstance(event.what, StockCounted) else "shortage",
        "occurred_at": event.occurred_at,
        "fact_id": event.id,
        "raw_id": arrival.raw_id,
        "source": arrival.source,
        "received_at": arrival.received_at,
        "fact": encode(event),
    }


def shortages(connection: Connection, skus: Collection[str]) -> dict[str, list[Arrival]]:
    """Return, per SKU, the standing facts about running out and arriving."""
    found: dict[str, list[Arrival]] = defaultdict(list)
    if skus:
        for row in connection.execute(
            select(STOCK).where(STOCK.c.sku.in_(skus), STOCK.c.kind == "shortage")
        ):
            arrival = Arrival(decode(row.fact), row.raw_id, row.source, row.received_at)
            found[row.sku].append(arrival)
    return found
