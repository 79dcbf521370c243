"""What a mail programme may read of a notice: schema.org Order and ParcelDelivery as JSON-LD.

Sources: https://schema.org/Order, https://schema.org/ParcelDelivery (``carrier`` is superseded by
``provider``; mail programmes still read the former, so both are said).
"""

from collections.abc import Mapping
from typing import Any

import orjson

from hub.notify.goods import items
from hub.notify.news import News
from hub.notify.places import company, tracking_link
from state_machine.lifecycle import Stage
from state_machine.statuses import Status

#: what ends a script element or begins a tag, and the line ends JavaScript knows and JSON does not
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def markup(news: News, shop: str) -> str:
    """Return the JSON-LD of a notice, safe to stand inside a script element."""
    order = _order(news, shop)
    parcel = news.part("parcel")
    things = [order] if parcel is None else [order, _parcel(news, parcel, order)]
    text = orjson.dumps([{"@context": "https://schema.org", **thing} for thing in things]).decode()
    for sign, escaped in UNSAFE.items():
        text = text.replace(sign, escaped)
    return text


def _order(news: News, shop: str) -> dict[str, Any]:
    status = news.order["status"]
    return _said(
        {
            "@type": "Order",
            "orderNumber": news.order["number"],
            "orderStatus": _status(status) if status in set(Status) else None,
            "orderDate": news.order.get("placed_at"),
            "merchant": {"@type": "Organization", "name": shop},
            "orderedItem": [
                {
                    "@type": "OrderItem",
                    "orderQuantity": line["quantity"],
                    "orderedItem": _said(
                        {"@type": "Product", "name": line.get("name"), "sku": line.get("sku")}
                    ),
                }
                for line in news.order["lines"]
            ],
        }
    )


def _parcel(news: News, parcel: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    promise = news.part("promise") or {}
    carrier = company(parcel.get("carrier"))
    organisation = {"@type": "Organization", "name": carrier} if carrier else None
    partial = {name: order[name] for name in ("@type", "orderNumber", "merchant") if name in order}
    picked_up = parcel.get("stage") == Stage.READY_FOR_PICKUP
    return _said(
        {
            "@type": "ParcelDelivery",
            "carrier": organisation,
            "provider": organisation,
            "trackingNumber": parcel.get("tracking_number"),
            "trackingUrl": tracking_link(news),
            "expectedArrivalFrom": promise.get("earliest"),
            "expectedArrivalUntil": promise.get("latest"),
            "hasDeliveryMethod": "https://schema.org/OnSitePickup" if picked_up else None,
            "itemShipped": [{"@type": "Product", "name": item["name"]} for item in items(news)],
            "partOfOrder": {**partial, "orderStatus": order.get("orderStatus")},
        }
    )


def _status(code: str) -> str:
    return f"https://schema.org/{Status(code).schema_org}"


def _said(thing: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known."""
    return {name: value for name, value in thing.items() if value not in (None, "", [])}
