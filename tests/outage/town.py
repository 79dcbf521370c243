"""Thousands of orders whose customers are to be told five things each, on a clock that is moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import insert

from hub.store.outbox import BELIEF, CONTACT, OUTBOX
from tests.hub.notify.world import World, change

#: what is told of an order, with the minutes after it was placed
LIFE = (
    (0, "order_placed", "order"),
    (10, "shipped", "parcel:p1"),
    (20, "delivery_attempt_failed", "parcel:p1"),
    (35, "pickup_reminder", "parcel:p1"),
    (60, "delivered", "parcel:p1"),
)
ORDER = [milestone for _, milestone, _ in LIFE]


@dataclass(frozen=True)
class Town:
    """``orders`` orders, placed evenly over ``span``; each customer has e-mail and a phone."""

    world: World
    orders: int
    span: timedelta

    def settle(self) -> None:
        """Let the hub know everybody."""
        beliefs, contacts = [], []
        for n in range(self.orders):
            contacts.append(
                {
                    "id": f"c{n}", "shop": "villa", "customer": f"c{n}", "name": "Maija",
                    "stated_at": self.world.now, "email": f"maija.{n}@asiakas.example",
                    "phone": f"+35840{n:07}", "language": "fi",
                }
            )  # fmt: skip
            beliefs.append(
                {
                    "order_id": f"o{n}", "shop": "villa", "external_id": f"{n}", "number": f"#{n}",
                    "version": 1, "status": "placed", "as_of": self.world.now, "snapshot": "{}",
                    "contact_id": f"c{n}", "milestones": "[]",
                }
            )  # fmt: skip
        self.world.run(insert(CONTACT), contacts)
        self.world.run(insert(BELIEF), beliefs)

    def by_tick(self, start: datetime, tick: timedelta, ticks: int) -> list[list[dict[str, Any]]]:
        """Return all changes, one list for each tick of the clock."""
        found: list[list[dict[str, Any]]] = [[] for _ in range(ticks)]
        for order in range(self.orders):
            for at, milestone, subject in self._life(order, start):
                if (number := int((at - start) / tick)) < ticks:
                    found[number].append(_row(order, milestone, subject, at))
        return found

    def _life(self, order: int, start: datetime) -> Iterator[tuple[datetime, str, str]]:
        placed = start + self.span * (order / self.orders)
        for minutes, milestone, subject in LIFE:
            yield placed + timedelta(minutes=minutes), milestone, subject


def put(world: World, rows: list[dict[str, Any]]) -> None:
    """Put changes into the outbox, as the pipeline does."""
    if rows:
        world.run(insert(OUTBOX), rows)


def _row(order: int, milestone: str, subject: str, at: datetime) -> dict[str, Any]:
    return {
        "order_id": f"o{order}", "subject": subject, "milestone": milestone, "revision": "",
        "version": 3, "occurred_at": at, "received_at": at, "silent": None, "planned_at": None,
        "change": orjson.dumps(change(milestone, subject, order={"number": f"#{order}"})).decode(),
    }  # fmt: skip
