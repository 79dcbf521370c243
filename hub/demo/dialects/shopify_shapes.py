"""How Shopify writes down a shipment, a refund, a position and a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.demo.cast import Bought, Purchase

SHOP_ZONE = ZoneInfo("Europe/Helsinki")  #: Shopify writes times in the zone of the shop
WAREHOUSE = 7_700_000_001  #: id of the one location


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """One shipment of a shop."""

    id: int
    at: datetime
    company: str
    number: str
    lines: tuple[Bought, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money that goes back, and what became of the goods: cancel, return or no_restock."""

    id: int
    at: datetime
    amount: str
    kind: str
    lines: tuple[Bought, ...] = ()
    return_id: int | None = None


def time(at: datetime) -> str:
    """Write a time in the zone of the shop."""
    return at.astimezone(SHOP_ZONE).isoformat(timespec="seconds")


def financial_status(purchase: Purchase, refunds: Sequence[Refund]) -> str:
    """Say how far the order is paid and paid back."""
    back = sum(float(one.amount) for one in refunds)
    if not back:
        return "paid"
    return "refunded" if back >= float(purchase.total) else "partially_refunded"


def fulfillment_status(purchase: Purchase, fulfilments: Sequence[Fulfilment]) -> str | None:
    """Say how much of the order is shipped."""
    sent = sum(line.quantity for one in fulfilments for line in one.lines)
    ordered = sum(line.quantity for line in purchase.lines)
    return None if not sent else "fulfilled" if sent >= ordered else "partial"


def address(purchase: Purchase) -> dict[str, Any]:
    """Write where the order goes."""
    person = purchase.customer
    return {
        "name": f"{person.first_name} {person.last_name}",
        "address1": person.street,
        "address2": None,
        "zip": person.postal_code,
        "city": person.city,
        "country_code": "FI",
        "phone": None,
    }


def line_item(one: Bought) -> dict[str, Any]:
    """Write one position."""
    return {
        "id": one.id,
        "sku": one.goods.sku,
        "name": one.goods.name,
        "title": one.goods.name,
        "quantity": one.quantity,
        "price": one.goods.price,
        "requires_shipping": True,
        "gift_card": False,
    }


def fulfillment(one: Fulfilment, purchase: Purchase) -> dict[str, Any]:
    """Write one shipment."""
    link = f"https://seuranta.example/{one.number}"
    return {
        "id": one.id,
        "order_id": purchase.id,
        "name": f"{purchase.number}.1",
        "status": "success",
        "shipment_status": None,
        "created_at": time(one.at),
        "updated_at": time(one.at),
        "location_id": WAREHOUSE,
        "tracking_company": one.company,
        "tracking_number": one.number,
        "tracking_numbers": [one.number],
        "tracking_url": link,
        "tracking_urls": [link],
        "line_items": [line_item(line) for line in one.lines],
    }


def refund_document(one: Refund, purchase: Purchase) -> dict[str, Any]:
    """Write one refund."""
    return {
        "id": one.id,
        "order_id": purchase.id,
        "created_at": time(one.at),
        "processed_at": time(one.at),
        "note": None,
        "return": {"id": one.return_id} if one.return_id else None,
        "refund_line_items": [
            {
                "id": one.id * 10 + place,
                "line_item_id": line.id,
                "quantity": line.quantity,
                "restock_type": one.kind,
                "line_item": line_item(line),
            }
            for place, line in enumerate(one.lines)
        ],
        "transactions": [
            {
                "id": one.id * 100,
                "kind": "refund",
                "status": "success",
                "amount": one.amount,
                "currency": "EUR",
            }
        ],
    }
