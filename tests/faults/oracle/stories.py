"""What the oracle tells of orders: whole lives in facts, shuffled, repeated, some taken back."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.oracle import carried
from tests.faults.oracle.clock import now

ON_THE_WAY = ("placed", "announced", "in_transit", "out_for_delivery")
#: how a life goes; a word that is no other step is a parcel's stage
LIVES = {
    "delivered": (*ON_THE_WAY, "delivered"),
    "collected": ("placed", "announced", "in_transit", "ready_for_pickup", "delivered"),
    "under way": ON_THE_WAY,
    "waiting": ("placed", "announced", "in_transit", "ready_for_pickup"),
    "cancelled": ("placed", "cancelled"),
    "taken back": (*ON_THE_WAY, "delivered", "retracted"),
}
SHOPS = ("kauppa", "kauppa", "toinen")


@dataclass(frozen=True, slots=True)
class Life:
    """One order: its deliveries by number, and the order in which those numbers are sent."""

    order: str
    deliveries: list[bytes]
    sent: list[int]


def lives(story: str, run: str, numbers: range, seed: str) -> Iterator[Life]:
    """Yield the orders of a story, the same for the same seed; ``run`` only names them."""
    for number in numbers:
        yield life(story, f"{run}-{number}", random.Random(f"{seed}:{number}"))


def life(story: str, name: str, dice: random.Random) -> Life:
    """Tell one order's life."""
    if story == "road":
        return _long_road(name, dice)
    if story in ("mixed", "load"):
        return _any_life(name, dice, disorder=0.5 if story == "load" else 0.0)
    lines = 900 if story == "long letter" else 1  # its letter is longer than a kernel's buffers
    addressed = story not in ("post", "burst", "words")
    who = _Order(name, "kauppa", lines=lines, addressed=addressed, phone=story == "words")
    steps = {
        "late": ("placed", "announced", "promised", "in_transit"),
        "early scan": ("in_transit", "announced", "placed"),
    }.get(story, ("placed",))
    bodies = [_body([who.fact(step)]) for step in steps]
    return Life(who.key, bodies, list(range(len(bodies))))


def _long_road(name: str, dice: random.Random) -> Life:
    """Tell of a parcel that is scanned at every corner: few of its facts are news to anybody."""
    who = _Order(name, dice.choice(SHOPS), lines=1, addressed=dice.random() < 0.1)
    corners = [f"in_transit {n}" for n in range(1, dice.randint(6, 16))]
    last = dice.choice(("out_for_delivery", "out_for_delivery", "ready_for_pickup"))
    steps = ["placed", "announced", *corners, last, "delivered"]
    if dice.random() < 0.05:
        steps = ["placed", "cancelled"]
    elif dice.random() < 0.05:
        steps.append("retracted")
    facts = [who.fact(step) for step in steps]
    bodies = []
    while facts:
        size = 2 if dice.random() < 0.1 else 1
        bodies.append(_body(facts[:size]))
        facts = facts[size:]
    sent = list(range(len(bodies)))
    if dice.random() < 0.3:  # something comes again, at once or much later
        again = dice.choice(sent)
        sent.insert(dice.randint(again + 1, len(sent)), again)
    return Life(who.key, bodies, sent)


def _any_life(name: str, dice: random.Random, *, disorder: float) -> Life:
    who = _Order(name, dice.choice(SHOPS), lines=1, addressed=dice.random() > 0.15)
    steps = list(LIVES[dice.choice(list(LIVES))])
    facts = [who.fact(step) for step in steps]
    if dice.random() < disorder:
        begin = dice.random() < 0.8  # mostly the order itself still comes first
        rest = facts[begin:]
        dice.shuffle(rest)
        facts = facts[:begin] + rest
    bodies = []
    while facts:
        size = 2 if dice.random() < 0.15 else 1
        bodies.append(_body(facts[:size]))
        if dice.random() < 0.2:  # the same happening in other bytes, under another delivery id
            bodies.append(json.dumps(facts[0], indent=1).encode())
        facts = facts[size:]
    sent = list(range(len(bodies)))
    for again in [number for number in sent if dice.random() < 0.2]:
        sent.insert(dice.randint(sent.index(again) + 1, len(sent)), again)
    return Life(who.key, bodies, sent)


def _body(facts: list[dict[str, Any]]) -> bytes:
    return json.dumps(facts[0] if len(facts) == 1 else facts).encode()


class _Order:
    """One order, and what can be said of it."""

    def __init__(
        self, name: str, shop: str, *, lines: int, addressed: bool, phone: bool = False
    ) -> None:
        self.name, self.shop, self.key = name, shop, f"{shop}:{name}"
        self._lines, self._addressed, self._phone = lines, addressed, phone
        self._number = "JJFI" + "".join(filter(str.isalnum, name)).upper()

    def fact(self, step: str) -> dict[str, Any]:
        kind, about, what = self._said(step)
        data: dict[str, Any] = {"about": about, "what": what}
        if step == "placed" and self._addressed:
            address = f"{self.name.replace('-', '.')}@asiakas.example"
            data["contact"] = {"email": address, "name": "Aino Esimerkki", "language": "fi"}
        if step == "placed" and self._phone:
            data["contact"] = {"phone": carried.whom("sms", self.key), "language": "fi"}
        name = f"{self.name}-{step.replace(' ', '-')}"
        event = {"specversion": "1.0", "source": "oracle", "id": name}
        return event | {"type": f"fi.tilanne.{kind}", "time": _at(step), "data": data}

    def _said(self, step: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        order = {"type": "order", "shop": self.shop, "external_id": self.name}
        parcel = {"id": "p1", "number": self._number}
        if step == "placed":
            lines = [
                {
                    "id": str(n),
                    "quantity": 1,
                    "sku": f"MUKI-{n}",
                    "name": f"Muki numero {n}" + " ja teelusikka" * (20 if self._lines > 1 else 0),
                }
                for n in range(1, self._lines + 1)
            ]
            what = {"number": f"#{self.name}", "placed_at": _at(step), "lines": lines}
            return "order.placed", order, what
        if step == "cancelled":
            return "order.cancelled", order, {"reason": "customer"}
        if step == "announced":
            return "parcel.announced", order, {"parcel": parcel}
        if step == "promised":
            return "promise.made", order, {"parcel": parcel, "latest": _at(step, hours=1.25)}
        about = {"type": "parcel", "number": self._number}
        if step == "retracted":
            wrong = f"canonical:oracle:{self.name}-delivered"
            return "fact.retracted", about, {"fact": wrong, "reason": "the wrong door"}
        return "parcel.scanned", about, {"stage": step.partition(" ")[0]}


ORDER_OF_STEPS = (
    "placed",
    "announced",
    "promised",
    "in_transit",
    "out_for_delivery",
    "ready_for_pickup",
    "delivered",
    "cancelled",
    "retracted",
)


def _at(step: str, hours: float = 0.0) -> str:
    """Give a step its hour: today, the steps half an hour apart, all of them past."""
    start = datetime.fromtimestamp(now() // 3600 * 3600, UTC) - timedelta(hours=7)
    word, _, corner = step.partition(" ")
    later = timedelta(hours=hours + 0.5 * ORDER_OF_STEPS.index(word), minutes=int(corner or 0))
    return (start + later).isoformat()
