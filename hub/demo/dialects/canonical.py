"""Our own facts of the example day, as the warehouse and the returns desk tell them.

CloudEvents 1.0, structured mode; how to write one: docs/canonical.md.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.demo.cast import Bought, Goods, Purchase
from hub.demo.message import Message, Said, as_json

WAREHOUSE, RETURNS_DESK = "varasto", "palautukset"


def in_warehouse(kind: str, purchase: Purchase) -> Said:
    """Say that all open units were ``allocated`` or ``packed``."""
    return _fact(WAREHOUSE, f"order.{kind}", f"{purchase.number}-{kind}", _order(purchase), {})


def ran_out(goods: Goods, shop: str, *, expected: datetime) -> Said:
    """Say that goods are gone, and when there will be more."""
    what = {"expected_at": _time(expected)}
    return _fact(WAREHOUSE, "stock.ran_out", f"{goods.sku}-out", _stock(goods, shop), what)


def arrived(goods: Goods, shop: str) -> Said:
    """Say that goods are there again."""
    return _fact(WAREHOUSE, "stock.arrived", f"{goods.sku}-in", _stock(goods, shop), {})


def returned(
    purchase: Purchase,
    return_id: int,
    stage: str,
    *,
    lines: Sequence[Bought] = (),
    label: str | None = None,
) -> Said:
    """Say how far a return has come; ``label``: the number of the parcel that brings it back."""
    what: dict[str, Any] = {
        "return_id": str(return_id),
        "stage": stage,
        "units": [{"line": str(one.id), "quantity": one.quantity} for one in lines],
    }
    if label:
        what["parcel"] = {"number": label, "carrier": "Posti"}
    return _fact(RETURNS_DESK, "return.moved", f"{return_id}-{stage}", _order(purchase), what)


def retracted(fact: str, number: str, reason: str) -> Said:
    """Say that a scan told earlier was wrong."""
    about = {"type": "parcel", "number": number}
    what = {"fact": fact, "reason": reason}
    return _fact(WAREHOUSE, "fact.retracted", f"{number}-wrong", about, what)


def _fact(source: str, kind: str, own: str, about: Mapping[str, str], what: Any) -> Said:
    def say(at: datetime) -> Message:
        event = {
            "specversion": "1.0",
            "id": own,
            "source": f"/demo/{source}",
            "type": f"fi.tilanne.{kind}",
            "time": _time(at),
            "datacontenttype": "application/json",
            "data": {"about": about, "what": what},
        }
        return Message("canonical", source, as_json(event))

    return say


def _order(purchase: Purchase) -> dict[str, str]:
    return {"type": "order", "shop": purchase.shop, "external_id": str(purchase.id)}


def _stock(goods: Goods, shop: str) -> dict[str, str]:
    return {"type": "stock", "sku": goods.sku, "shop": shop}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
