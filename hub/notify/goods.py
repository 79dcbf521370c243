"""Which goods a notice speaks of: so many of so many, and what is still to come."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.notify.news import News
from state_machine.milestones import Told
from state_machine.statuses import Status

#: which count of a line a milestone speaks of, where it names no units
COUNTED = {Told.BACKORDERED: "backordered", Told.CANCELLED: "cancelled"}

Item = Mapping[str, Any]  #: ``name``, ``quantity``, and ``of`` where it is but a part of the line


def items(news: News) -> list[Item]:
    """Return the goods a milestone speaks of; empty when not known."""
    lines = {line["id"]: line for line in news.order["lines"]}
    counted = COUNTED.get(news.milestone)  # type: ignore[call-overload]
    if counted and news.order["status"] != Status.CANCELLED:
        pairs = [(line, line.get(counted, 0)) for line in lines.values()]
    elif news.change.get("units"):
        units = news.change["units"]
        pairs = [(lines.get(one["line"], {"id": one["line"]}), one["quantity"]) for one in units]
    elif news.subject == "order" and news.milestone != Told.REFUND_ISSUED:
        # a refund without a return says what money goes back, not for which goods
        pairs = [(line, line["quantity"]) for line in lines.values()]
    else:
        pairs = []
    return _said(pairs)


def rest(news: News) -> list[Item]:
    """Return what of the order has not left the shop yet and is still wanted."""
    return _said(
        [
            (line, line["quantity"] - line.get("cancelled", 0) - line.get("shipped", 0))
            for line in news.order["lines"]
        ]
    )


def _said(pairs: Sequence[tuple[Mapping[str, Any], int]]) -> list[Item]:
    return [
        {
            "name": line.get("name") or line.get("sku") or line["id"],
            "quantity": quantity,
            "of": line.get("quantity", 0) if line.get("quantity", 0) > quantity else None,
        }
        for line, quantity in pairs
        if quantity > 0
    ]
