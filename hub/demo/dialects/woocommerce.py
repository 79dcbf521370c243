"""WooCommerce's webhooks of the example day: the whole order, each time something changes.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties; tracking numbers
as the plugin "Shipment Tracking" keeps them in the order's meta data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.demo.cast import Bought, Purchase
from hub.demo.message import Message, Said, as_json

SITE_ZONE = ZoneInfo("Europe/Helsinki")
SITE = "https://loyly.example/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A parcel as the plugin keeps it."""

    at: datetime
    provider: str
    number: str


def order(
    topic: str,
    purchase: Purchase,
    status: str,
    *,
    placed: datetime,
    paid: datetime | None = None,
    completed: datetime | None = None,
    sent: Sequence[Sent] = (),
) -> Said:
    """Say how an order is now."""

    def say(at: datetime) -> Message:
        meta = [{"id": 1, "key": "_customer_locale", "value": purchase.customer.language}]
        if sent:
            items = [_tracking(one) for one in sent]
            meta.append({"id": 2, "key": "_wc_shipment_tracking_items", "value": items})
        document = {
            "id": purchase.id,
            "parent_id": 0,
            "number": purchase.number,
            "status": status,
            "currency": "EUR",
            **_times("date_created", placed),
            **_times("date_modified", at),
            **_times("date_paid", paid),
            **_times("date_completed", completed),
            "total": purchase.total,
            "customer_id": purchase.customer.id,
            "billing": _address(purchase) | {"email": purchase.customer.email, "phone": ""},
            "shipping": _address(purchase),
            "payment_method": "bacs",
            "line_items": [_line(one) for one in purchase.lines],
            "meta_data": meta,
            "refunds": [],
        }
        return Message("woocommerce", purchase.shop, as_json(document), _headers(topic))

    return say


def _headers(topic: str) -> dict[str, str]:
    return {
        "x-wc-webhook-source": SITE,
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-resource": "order",
        "x-wc-webhook-event": topic.partition(".")[2],
        "x-wc-webhook-id": "7",
    }


def _times(name: str, at: datetime | None) -> dict[str, str | None]:
    """Write a time twice, as WooCommerce does: of the site, and of Greenwich; neither says so."""
    if at is None:
        return {name: None, f"{name}_gmt": None}
    site, utc = (at.astimezone(zone).replace(tzinfo=None) for zone in (SITE_ZONE, UTC))
    return {name: site.isoformat(), f"{name}_gmt": utc.isoformat()}


def _tracking(one: Sent) -> dict[str, Any]:
    return {
        "tracking_provider": one.provider,
        "custom_tracking_provider": "",
        "custom_tracking_link": f"https://seuranta.example/{one.number}",
        "tracking_number": one.number,
        "date_shipped": str(int(one.at.timestamp())),
        "tracking_id": f"track-{one.number.lower()}",
    }


def _address(purchase: Purchase) -> dict[str, str]:
    person = purchase.customer
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": "",
        "address_1": person.street,
        "address_2": "",
        "city": person.city,
        "state": "",
        "postcode": person.postal_code,
        "country": "FI",
    }


def _line(one: Bought) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.goods.name,
        "product_id": one.goods.id,
        "variation_id": 0,
        "quantity": one.quantity,
        "total": one.goods.price,
        "sku": one.goods.sku,
        "price": float(one.goods.price),
        "meta_data": [],
    }
