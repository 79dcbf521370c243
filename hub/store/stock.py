"""The latest fact about each SKU: where orders that come later start from."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from hub.store.rows import insert_new, insert_or
from hub.store.tables import StockRow, table
from hub.store.timeline import Arrival
from state_machine.events import Retracted, StockCounted, StockKey

STOCK = table(StockRow)
CONTENT = ("occurred_at", "fact_id", "raw_id", "source", "received_at", "fact")


def keep(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Keep the youngest fact per SKU, location and shop, counts and shortages apart.

    What is taken back stands no longer: its retraction takes its place. Of another fact than the
    one that stands a retraction says nothing.
    """
    told = [one for one in arrivals if not isinstance(one.event.what, Retracted)]
    insert_or(connection, STOCK, [_row(one) for one in told], _younger)
    for one in arrivals:
        if isinstance(one.event.what, Retracted):
            _take_back(connection, _row(one), one.event.what.fact)


def _take_back(connection: Connection, row: dict[str, object], fact: str) -> None:
    """Put a retraction where the fact stands, or where nothing does: it may be told later."""
    place = [STOCK.c[name] == row[name] for name in ("sku", "location", "shop")]
    new = {name: row[name] for name in CONTENT}
    stands = connection.execute(update(STOCK).where(*place, STOCK.c.fact_id == fact).values(new))
    if not stands.rowcount:
        insert_new(connection, STOCK, [row])


def _younger(insert: Any) -> Any:
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=list(STOCK.primary_key.columns),
        set_={name: new[name] for name in CONTENT},
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
        "fact": arrival.text,
    }


def shortages(connection: Connection, skus: Collection[str]) -> dict[str, list[Arrival]]:
    """Return, per SKU, the standing facts about running out and arriving."""
    found: dict[str, list[Arrival]] = defaultdict(list)
    if skus:
        for row in connection.execute(
            select(STOCK).where(STOCK.c.sku.in_(skus), STOCK.c.kind == "shortage")
        ):
            found[row.sku].append(Arrival.stored(row))
    return found
