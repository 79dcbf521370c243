"""Whose order is this? The model's answer: each rule of identity once, in its own words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from state_machine.carriers import can_be_one
from state_machine.events import (
    Event,
    OrderKey,
    ParcelAnnounced,
    ParcelKey,
    ParcelRef,
    Retracted,
    ReturnMoved,
    StockCounted,
    StockKey,
)
from state_machine.order import Belief

EARLY, RECYCLED = timedelta(days=14), timedelta(days=120)
ANOTHER, TOGETHER = timedelta(days=60), timedelta(days=3)


def order_of(key: OrderKey) -> str:
    """The hub's id of an order."""
    return f"{key.shop}:{key.external_id}"


def shop_of(order: str) -> str:
    """The shop that is part of it."""
    return order.partition(":")[0]


def key_of(fact: Event) -> str:
    """Under which key a fact waits that has no order."""
    if isinstance(fact.about, ParcelKey):
        return f"parcel:{fact.about.number}"
    assert isinstance(fact.about, OrderKey)
    return f"order:{order_of(fact.about)}"


# --- parcels by their numbers --------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """An order's word that a number is its own: from when on, and which carriers it has named."""

    order: str
    since: datetime
    carriers: frozenset[str] = frozenset()

    @property
    def carrier(self) -> str | None:
        """Who carries the parcel; who has named two has named nobody."""
        return next(iter(self.carriers)) if len(self.carriers) == 1 else None

    def fits(self, carrier: str | None) -> bool:
        """Whether the parcel may be this carrier's."""
        return can_be_one(self.carrier, carrier, "")


@dataclass
class Claims:
    """Which orders claim which tracking numbers."""

    to: dict[str, dict[str, Claim]] = field(default_factory=lambda: defaultdict(dict))

    def make(self, order: str, ref: ParcelRef, at: datetime) -> None:
        """An order names a number; what it has said before is added to."""
        number = ref.number or ""
        known = self.to[number].get(order, Claim(order, at))
        carriers = known.carriers | ({ref.carrier} if ref.carrier else set())
        self.to[number][order] = Claim(order, min(at, known.since), carriers)

    def meant(self, fact: Event) -> list[Claim]:
        """The claims a fact can speak of that knows a number, a moment, perhaps a carrier."""
        about, at = fact.about, fact.occurred_at
        assert isinstance(about, ParcelKey)
        every = list(self.to[about.number].values())
        alive = [one for one in every if one.since - EARLY <= at <= one.since + RECYCLED]
        fitting = [one for one in alive if one.fits(about.carrier)]
        return [one for one in fitting if not _given_away(one, at, every)]


def named(facts: Iterable[Event]) -> Iterator[tuple[ParcelRef, datetime]]:
    """The numbered parcels that facts of an order make its own, each with the moment of that."""
    for fact in facts:
        what = fact.what
        if isinstance(what, ParcelAnnounced | ReturnMoved) and what.parcel and what.parcel.number:
            yield what.parcel, fact.occurred_at


def _given_away(claim: Claim, at: datetime, every: Iterable[Claim]) -> bool:
    """Whether the number meant another parcel by then."""
    return any(
        one.since - claim.since >= ANOTHER and at >= one.since - EARLY and claim.fits(one.carrier)
        for one in every
    )


def share(claims: Sequence[Claim]) -> bool:
    """Whether orders travel in one parcel: one shop named it for all of them within days."""
    since = [one.since for one in claims]
    alike = all(one.fits(other.carrier) for one in claims for other in claims)
    shops = {shop_of(one.order) for one in claims}
    return alike and len(shops) == 1 and max(since) - min(since) <= TOGETHER


# --- goods ---------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """What stands of each kind of goods: the youngest count, the youngest word of a shortage."""

    stands: dict[tuple[str, str | None, str | None, bool], Event] = field(default_factory=dict)

    def keep(self, fact: Event) -> None:
        """Take in a fact about goods; what takes back a fact that stands, stands in its place."""
        about, what = fact.about, fact.what
        assert isinstance(about, StockKey)
        place = (about.sku, about.location, about.shop)
        if isinstance(what, Retracted):
            standing = [name for name, one in self.stands.items() if one.id == what.fact]
            name = next((one for one in standing if one[:3] == place), (*place, False))
            if name in standing or name not in self.stands:
                self.stands[name] = fact
            return
        name = (*place, isinstance(what, StockCounted))
        if name not in self.stands or fact.occurred_at > self.stands[name].occurred_at:
            self.stands[name] = fact

    def standing(self, shop: str, skus: set[str]) -> list[Event]:
        """What an order of a shop starts from that consists of these goods."""
        words = [fact for (*_, counted), fact in self.stands.items() if not counted]
        return [fact for fact in words if concerns(fact, shop, skus)]


def concerns(fact: Event, shop: str, skus: set[str]) -> bool:
    """Whether a fact moves these goods of this shop."""
    about = fact.about
    assert isinstance(about, StockKey)
    moves = not isinstance(fact.what, StockCounted)
    return moves and about.sku in skus and about.shop in (None, shop)


def waits_for(belief: Belief) -> set[str]:
    """The goods of which units of an order are still in the shop."""
    lines = belief.order.lines
    return {one.sku for one in lines if one.sku and one.shipped + one.cancelled < one.quantity}
