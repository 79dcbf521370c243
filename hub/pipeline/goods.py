"""Facts about goods reach every order that waits for them, and orders that are born later too."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from hub.store import belief, stock
from hub.store.timeline import Arrival
from state_machine.events import Ordered, StockKey


def reach(
    connection: Connection, told: Sequence[Arrival], born: Mapping[str, Sequence[Arrival]]
) -> list[tuple[str, Arrival]]:
    """Find the orders that facts about goods concern, and keep the facts for orders to come.

    In: those facts; the orders that are not stored yet, with what is told of them. Out: (order,
    fact), also of facts that stood before an order was born.
    """
    stock.keep(connection, told)
    return [*_waiting(connection, told), *_standing(connection, born)]


def _waiting(connection: Connection, told: Sequence[Arrival]) -> list[tuple[str, Arrival]]:
    moving = [
        (one, one.event.about)
        for one in told
        if isinstance(one.event.about, StockKey) and one.event.what.kind != "stock.counted"
    ]
    orders = belief.orders_waiting_for(connection, {about.sku for _, about in moving})
    return [
        (order, one)
        for one, about in moving
        for order, shop in orders.get(about.sku, ())
        if about.shop in (None, shop)
    ]


def _standing(
    connection: Connection, born: Mapping[str, Sequence[Arrival]]
) -> list[tuple[str, Arrival]]:
    wanted = {order: skus for order, facts in born.items() if (skus := _skus(facts))}
    standing = stock.shortages(connection, set().union(*wanted.values()))
    return [
        (order, one)
        for order, skus in (wanted.items() if standing else ())
        for sku in skus
        for one in standing.get(sku, ())
        if _speaks_of(one, order)
    ]


def _skus(facts: Sequence[Arrival]) -> set[str]:
    return {
        line.sku
        for one in facts
        if isinstance(one.event.what, Ordered)
        for line in one.event.what.lines
        if line.sku
    }


def _speaks_of(one: Arrival, order: str) -> bool:
    shop = one.event.about.shop if isinstance(one.event.about, StockKey) else ""
    return shop is None or order.startswith(f"{shop}:")
