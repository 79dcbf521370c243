"""Words to tell an order's story with: facts an hour apart, and a customer who listens."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from state_machine.changes import Change, Key, changes
from state_machine.events import (
    Event,
    OrderCancelled,
    Ordered,
    OrderedLine,
    OrderKey,
    ParcelAnnounced,
    ParcelRef,
    ParcelScanned,
    ProblemReported,
    PromiseMade,
    Refunded,
    Retracted,
    ReturnMoved,
    StockArrived,
    StockKey,
    StockRanOut,
    Units,
    UnitsCancelled,
    What,
)
from state_machine.fold import fold
from state_machine.lifecycle import Stage
from state_machine.order import Line, Order, Outcome, Parcel, Return
from state_machine.problems import Reason
from state_machine.returns import Acceptance, ReturnStage

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
ORDER = OrderKey("kauppa", "1001")


def hours(count: float) -> datetime:
    """So many hours after the order was placed on Monday at eight."""
    return MONDAY + timedelta(hours=count)


def at(hour: float, what: What, *, id: str | None = None) -> Event:  # noqa: A002 - it is one
    """A fact of the order, so many hours after it was placed."""
    goods = isinstance(what, StockRanOut | StockArrived)
    about = StockKey("mug") if goods else ORDER
    return Event(
        id=id or f"{hour:g}h {what!r}"[:200], occurred_at=hours(hour), about=about, what=what
    )


def story(*told: What | Event) -> tuple[Event, ...]:
    """Facts in the order they happened, an hour apart; what was given a time keeps it."""
    return tuple(one if isinstance(one, Event) else at(n, one) for n, one in enumerate(told))


# --- what can be told --------------------------------------------------------------------------


def an_order(**quantities: int) -> Ordered:
    lines = tuple(OrderedLine(id=sku, quantity=n, sku=sku) for sku, n in quantities.items())
    return Ordered(number="#1001", placed_at=MONDAY, lines=lines)


def units(quantities: dict[str, int]) -> tuple[Units, ...]:
    return tuple(Units(line, quantity) for line, quantity in quantities.items())


def ref(parcel: str) -> ParcelRef:
    """A parcel by the shop's id, or by its number when it reads like one: "JJ1"."""
    return ParcelRef(number=parcel) if parcel.startswith("JJ") else ParcelRef(id=parcel)


def a_parcel(parcel: str, number: str | None = None, *, more: Any = None, **content: int) -> What:
    """The shop names a parcel; without content nobody knows what is in it."""
    name = ref(parcel) if number is None else ParcelRef(id=parcel, number=number)
    return ParcelAnnounced(parcel=name, units=units(content) if content else None, **(more or {}))


def scan(parcel: str, stage: str, **more: Any) -> What:
    return ParcelScanned(parcel=ref(parcel), stage=Stage(stage), **more)


def problem(parcel: str, reason: str, **more: Any) -> What:
    return ProblemReported(parcel=ref(parcel), reason=Reason(reason), **more)


def promise(hour: float, parcel: str | None = None) -> What:
    return PromiseMade(latest=hours(hour), parcel=ref(parcel) if parcel else None)


def cancel(**quantities: int) -> What:
    """These units, or the whole order."""
    return UnitsCancelled(units=units(quantities)) if quantities else OrderCancelled()


def a_return(name: str, stage: str, found: str | None = None, **quantities: int) -> What:
    acceptance = Acceptance(found) if found else None
    moved = ReturnStage(stage)
    return ReturnMoved(return_id=name, stage=moved, units=units(quantities), acceptance=acceptance)


def refund(name: str, return_id: str | None = None) -> What:
    return Refunded(refund=name, amount="10.00", currency="EUR", return_id=return_id)


def retract(fact: Event) -> What:
    return Retracted(fact=fact.id)


# --- what is believed --------------------------------------------------------------------------


def order(facts: tuple[Event, ...]) -> Order:
    return fold(facts).order


def status(*told: What | Event) -> str:
    return str(order(story(*told)).status)


def statuses(*told: What | Event) -> list[str]:
    """The status after each fact, the repeated ones left out."""
    facts = story(*told)
    words = [str(order(facts[: n + 1]).status) for n in range(len(facts))]
    return [word for n, word in enumerate(words) if n == 0 or word != words[n - 1]]


def line(facts: tuple[Event, ...], name: str = "mug") -> Line:
    return next(one for one in order(facts).lines if one.id == name)


def parcel(facts: tuple[Event, ...], name: str) -> Parcel:
    return next(one for one in order(facts).parcels if one.id == name)


def the_return(facts: tuple[Event, ...], name: str) -> Return:
    return next(one for one in order(facts).returns if one.id == name)


def milestones(*told: What | Event) -> list[str]:
    return [str(one.code) for one in fold(story(*told)).milestones]


def why_ignored(*told: What | Event) -> dict[str, str]:
    """Kind of fact -> why it changed nothing."""
    facts = {fact.id: fact for fact in story(*told)}
    effects = fold(facts.values()).effects
    return {facts[e.fact].what.kind: e.why for e in effects if e.outcome is Outcome.IGNORED}


@dataclass
class Customer:
    """Hears of an order the way the outbox tells: one key once, for the order's whole life."""

    facts: list[Event] = field(default_factory=list)
    known: list[Key] = field(default_factory=list)
    ledger: dict[Key, Change] = field(default_factory=dict)

    def hears(self, *told: What | Event) -> list[str]:
        """Tell facts that reach us at once; return what the customer is told of them."""
        self.facts += [f if isinstance(f, Event) else at(len(self.facts), f) for f in told]
        now = fold(self.facts)
        new = [c for c in changes(self.known, now) if c.milestone.key not in self.ledger]
        self.ledger |= {change.milestone.key: change for change in new}
        self.known = [milestone.key for milestone in now.milestones]
        return [str(change.milestone.code) for change in new if change.silent is None]
