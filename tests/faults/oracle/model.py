"""What must be true of an order after all that was told: a model small enough to be believed."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: the last thing that happened -> (the order's status, the milestone that must have been told)
ENDS = {
    "placed": ("placed", "order_placed"),
    "announced": ("processing", "order_placed"),
    "in_transit": ("in_transit", "shipped"),
    "out_for_delivery": ("out_for_delivery", "out_for_delivery"),
    "ready_for_pickup": ("ready_for_pickup", "ready_for_pickup"),
    "delivered": ("delivered", "delivered"),
    "cancelled": ("cancelled", "cancelled"),
}
#: how far along a milestone is; one further down may not be read after one further up
LADDER = ("order_placed", "shipped", "out_for_delivery", "ready_for_pickup", "delivered")


@dataclass(slots=True)
class Order:
    """What was said of one order, in deliveries that were answered 2xx."""

    facts: dict[str, tuple[str, str]] = field(default_factory=dict)  #: id -> (time, what)
    taken_back: set[str] = field(default_factory=set)
    email: str | None = None
    promise_broken: bool = False

    @property
    def end(self) -> tuple[str, str]:
        """The status, and the milestone whoever follows the order must have heard of."""
        said = [
            (at, what) for name, (at, what) in self.facts.items() if name not in self.taken_back
        ]
        words = [what for _, what in sorted(said) if what in ENDS]
        return ENDS["cancelled" if "cancelled" in words else words[-1]]


def read(bodies: Iterable[tuple[str, bytes]]) -> dict[str, Order]:
    """Build the orders from (order, body) of the deliveries that count."""
    orders: dict[str, Order] = defaultdict(Order)
    for name, body in bodies:
        content = json.loads(body)
        for event in content if isinstance(content, list) else [content]:
            _take(orders[name], event)
    return orders


def fact_ids(body: bytes) -> list[str]:
    """Return the ids of the facts in a delivery, as the hub names them."""
    content = json.loads(body)
    events = content if isinstance(content, list) else [content]
    return [f"canonical:{event['source']}:{event['id']}" for event in events]


def _take(order: Order, event: dict[str, Any]) -> None:
    kind, what = event["type"].removeprefix("fi.tilanne."), event["data"]["what"]
    word = what.get("stage") or kind.partition(".")[2]
    order.facts[f"canonical:{event['source']}:{event['id']}"] = (event["time"], word)
    if kind == "fact.retracted":
        order.taken_back.add(what["fact"])
    if kind == "promise.made":
        order.promise_broken = True
    if contact := event["data"].get("contact"):
        order.email = contact.get("email")
