"""The orders that benchmarks are run with: a shop's ordinary day, as deliveries."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

START = datetime(2026, 11, 20, 6, tzinfo=UTC)
DAY = timedelta(hours=19)  #: after this long every step has happened
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


def deliveries(facts: int, *, first: int = 0, start: datetime = START) -> Iterator[bytes]:
    """Yield so many webhook bodies of one fact each, the facts of many orders interleaved.

    The orders are numbered from ``first`` on and placed within an hour from ``start`` on.
    """
    for order, step in itertools.islice(_steps(first, -(-facts // len(LIFE))), facts):
        yield body(order, step, start)


def _steps(first: int, orders: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, first + orders, WINDOW):
        for step in range(len(LIFE)):
            for order in range(begin, min(begin + WINDOW, first + orders)):
                yield order, step


def moment(order: int, step: int, start: datetime = START) -> datetime:
    """Return when a step of an order happened; no two steps of an order at the same time."""
    return start + timedelta(seconds=order % 3600, minutes=LIFE[step][1])


def body(order: int, step: int, start: datetime = START, *, again: str = "") -> bytes:
    """Return the CloudEvent that tells one step of one order's life.

    ``again``: what makes it another fact than the first one that told the same.
    """
    about = {"type": "order", "shop": "bench", "external_id": str(order)}
    if LIFE[step][0] == "parcel.scanned":
        about = {"type": "parcel", "number": _tracking(order), "carrier": "posti"}
    data = {"about": about, "what": _what(order, step, start)}
    if LIFE[step][0] == "order.placed":
        data["contact"] = {
            "customer": str(order),
            "name": "Aino Esimerkki",
            "email": f"aino.{order}@asiakas.example",
            "language": "fi",
        }
    event = {
        "specversion": "1.0",
        "id": f"{order}-{step}{again}",
        "source": "bench",
        "type": f"fi.tilanne.{LIFE[step][0]}",
        "time": moment(order, step, start),
        "data": data,
    }
    return orjson.dumps(event)


def _what(order: int, step: int, start: datetime) -> dict[str, Any]:
    kind, _, fields = LIFE[step]
    if kind == "order.placed":
        return {
            "number": f"#{order}",
            "placed_at": moment(order, step, start),
            "lines": [
                {"id": "1", "quantity": 2, "sku": f"SKU-{order % 500}", "name": "Kahvikuppi"},
                {"id": "2", "quantity": 1, "sku": f"SKU-{order % 300}", "name": "Teepannu"},
            ],
        }
    if kind == "parcel.announced":
        return {
            "parcel": {"id": f"f{order}", "number": _tracking(order), "carrier": "posti"},
            "units": [{"line": "1", "quantity": 2}, {"line": "2", "quantity": 1}],
        }
    return dict(fields)


def _tracking(order: int) -> str:
    return f"JJFI{order:014d}"
