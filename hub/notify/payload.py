"""What a store or partner system is told of a milestone: JSON without personal data."""

from typing import Any

import orjson

from hub.notify.news import News

#: of a parcel: all but the pickup code, which opens the locker for whoever knows it
PARCEL = (
    "id",
    "carrier",
    "tracking_number",
    "tracking_url",
    "stage",
    "stage_since",
    "units",
    "content_known",
    "how",
    "problem",
    "promise",
    "pickup_point",
    "keep_until",
    "exchange_for",
)
OPTIONAL = ("return", "refund", "promise", "corrects")


def payload(news: News) -> bytes:
    """Return the body of a webhook: ``{"type", "timestamp", "data"}`` as Standard Webhooks advises.

    ``data.version`` grows with every change of the order, so that a receiver can tell old from new.
    """
    order = news.order
    data: dict[str, Any] = {
        "order_id": news.order_id,
        "shop": order["shop"],
        "external_id": order.get("external_id"),
        "number": order["number"],
        "version": news.version,
        "status": order["status"],
        "milestone": news.milestone,
        "subject": news.subject,
        "revision": news.revision,
        "occurred_at": news.occurred_at,
        "units": news.change.get("units") or [],
    }
    if parcel := news.part("parcel"):
        data["parcel"] = {name: parcel.get(name) for name in PARCEL}
    data |= {name: found for name in OPTIONAL if (found := news.part(name))}
    whole = {"type": f"order.{news.milestone}", "timestamp": news.occurred_at, "data": data}
    return orjson.dumps(whole, option=orjson.OPT_UTC_Z)
