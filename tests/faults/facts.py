"""What a shop and a carrier say of an order, step by step, as CloudEvents."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime.now(UTC)  # noqa: TID251 - milestones must be news
STEPS = ("order.placed", "parcel.announced", "parcel.scanned")


def fact(order: int, step: str) -> bytes:
    """One happening of one order as a CloudEvent."""
    at = NOW - timedelta(hours=5) + timedelta(minutes=30 * STEPS.index(step))
    number = f"JJFI64000000{order:04d}"
    data: dict[str, Any] = {
        "about": {"type": "order", "shop": "kauppa", "external_id": str(order)},
        "what": {},
    }
    if step == "order.placed":
        line = {"id": "1", "quantity": 1, "sku": "KUPPI", "name": "Kahvikuppi"}
        data["what"] = {"number": f"#{order}", "placed_at": at.isoformat(), "lines": [line]}
        data["contact"] = {"email": f"asiakas.{order}@asiakas.example", "language": "fi"}
    if step == "parcel.announced":
        data["what"] = {"parcel": {"id": f"p{order}", "number": number}}
    if step == "parcel.scanned":
        data["about"] = {"type": "parcel", "number": number}
        data["what"] = {"stage": "out_for_delivery"}
    event = {"specversion": "1.0", "id": f"{order}-{step}", "source": "test"}
    event |= {"type": f"fi.tilanne.{step}", "time": at.isoformat()}
    return json.dumps(event | {"data": data}).encode()
