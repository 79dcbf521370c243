"""The orders that benchmarks are run with: a shop's ordinary day, as deliveries."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import orjson

START = datetime(2026, 11, 20, 6, tzinfo=UTC)
WINDOW = 400  #: orders under way at the same time; their facts arrive interleaved

#: what happens to an order, in order: (kind, minutes after it was placed, fields)
LIFE = (
    ("order.placed", 0, {}),
    ("order.paid", 1, {}),
    ("order.allocated", 5, {}),
    ("order.packed", 60, {}),
    ("parcel.announced", 61, {}),
    ("parcel.scanned", 120, {"stage": "in_transit"}),
    ("parcel.scanned", 900, {"stage": "out_for_delivery"}),
    ("parcel.scanned", 1000, {"stage": "delivered"}),
)


def deliveries(facts: int) -> Iterator[bytes]:
    """Yield so many webhook bodies of one fact each, the facts of many orders interleaved."""
    orders = -(-facts // len(LIFE))
    told = 0
    for first in range(0, orders, WINDOW):
        for step in range(len(LIFE)):
            for order in range(first, min(first + WINDOW, orders)):
                if told < facts:
                    told += 1
                    yield body(order, step)


def body(order: int, step: int) -> bytes:
    """Return the CloudEvent that tells one step of one order's life."""
    kind, minutes, fields = LIFE[step]
    placed = START + timedelta(seconds=order)
    at = placed + timedelta(minutes=minutes)
    number = f"JJFI{order:014d}"
    about = {"type": "order", "shop": "bench", "external_id": str(order)}
    what = dict(fields)
    data = {"about": about, "what": what}
    if kind == "order.placed":
        what |= {
            "number": f"#{order}",
            "placed_at": placed,
            "lines": [
                {"id": "1", "quantity": 2, "sku": f"SKU-{order % 500}", "name": "Kahvikuppi"},
                {"id": "2", "quantity": 1, "sku": f"SKU-{order % 300}", "name": "Teepannu"},
            ],
        }
        data["contact"] = {
            "customer": str(order),
            "name": "Aino Esimerkki",
            "email": f"aino.{order}@asiakas.example",
            "language": "fi",
        }
    if kind == "parcel.announced":
        what |= {
            "parcel": {"id": f"f{order}", "number": number, "carrier": "posti"},
            "units": [{"line": "1", "quantity": 2}, {"line": "2", "quantity": 1}],
        }
    if kind == "parcel.scanned":
        data["about"] = {"type": "parcel", "number": number, "carrier": "posti"}
    event = {
        "specversion": "1.0",
        "id": f"{order}-{step}",
        "source": "bench",
        "type": f"fi.tilanne.{kind}",
        "time": at,
        "data": data,
    }
    return orjson.dumps(event)
