"""fold(facts) -> belief: any arrival order, any duplicates, the same answer.

Rules of this file:

1. A fact counts once, by its id. A retraction takes its fact out before anything is replayed.
2. What is left is replayed in the order it happened: by event time, then by how far along it is,
   then by id. Arrival order is not an input.
3. What an order consists of (its lines, which number is which parcel) is read from all facts
   before the replay, so that a scan never depends on whether the shop had spoken yet.
"""

from collections.abc import Callable, Iterable
from typing import Any, cast

from state_machine import order_steps, parcel_steps, return_steps
from state_machine.draft import Draft, Waiting
from state_machine.events import (
    Event,
    Held,
    OrderCancelled,
    Ordered,
    ParcelAnnounced,
    ParcelRef,
    ParcelScanned,
    ParcelSeen,
    PaymentReceived,
    PickupDue,
    ProblemReported,
    ProblemResolved,
    PromiseBroken,
    PromiseMade,
    Refunded,
    Released,
    Retracted,
    ReturnMoved,
    StockArrived,
    StockCounted,
    StockRanOut,
    UnitsAllocated,
    UnitsBackordered,
    UnitsCancelled,
    UnitsPacked,
)
from state_machine.freeze import freeze
from state_machine.lifecycle import Stage
from state_machine.order import Belief, Effect, Outcome
from state_machine.rollup import settle_status

Step = Callable[[Draft, Event, Any], str | None]

#: kind of fact -> (what it does, its place among facts of the same instant)
STEPS: dict[type, tuple[Step, int]] = {
    Ordered: (order_steps.ordered, 0),
    Held: (order_steps.held, 1),
    PaymentReceived: (order_steps.paid, 2),
    Released: (order_steps.released, 2),
    StockRanOut: (order_steps.ran_out, 3),
    StockCounted: (order_steps.counted, 3),
    StockArrived: (order_steps.arrived, 4),
    UnitsBackordered: (order_steps.backordered, 5),
    UnitsAllocated: (order_steps.allocated, 6),
    UnitsPacked: (order_steps.packed, 7),
    ParcelAnnounced: (parcel_steps.announced, 8),
    PromiseMade: (parcel_steps.promised, 9),
    ParcelScanned: (parcel_steps.scanned, 10),
    ProblemReported: (parcel_steps.problem, 11),
    ProblemResolved: (parcel_steps.resolved, 12),
    ParcelSeen: (parcel_steps.seen, 13),
    PickupDue: (parcel_steps.pickup_due, 14),
    PromiseBroken: (parcel_steps.broken, 15),
    ReturnMoved: (return_steps.moved, 16),
    Refunded: (return_steps.refunded, 17),
    UnitsCancelled: (order_steps.units_cancelled, 18),
    OrderCancelled: (order_steps.cancelled, 19),
}


class NotAnOrder(ValueError):
    """The facts hold no statement of what was ordered, so there is nothing to believe yet."""


def fold(events: Iterable[Event]) -> Belief:
    """Work out what the facts of one order add up to.

    In: its facts, in any order, with any repetition. Out: the belief, with one effect per fact.
    Raises ``NotAnOrder`` when no fact says what was ordered.
    """
    facts = _unique(events)
    retracted = _retracted(facts)
    standing = sorted((e for e in facts.values() if e.id not in retracted), key=_when)
    draft = _prepare(standing, [facts[fact] for fact in retracted])
    effects = [_replay(draft, event) for event in standing]
    effects += [Effect(fact, Outcome.RETRACTED, "a later fact took it back") for fact in retracted]
    return freeze(draft, standing, tuple(effects))


def _unique(events: Iterable[Event]) -> dict[str, Event]:
    facts: dict[str, Event] = {}
    for event in events:
        known = facts.get(event.id)
        if known is None or event.occurred_at < known.occurred_at:
            facts[event.id] = event
    return facts


def _retracted(facts: dict[str, Event]) -> list[str]:
    named = {e.what.fact for e in facts.values() if isinstance(e.what, Retracted)}
    orders = [e.id for e in facts.values() if isinstance(e.what, Ordered)]
    if orders and named.issuperset(orders):
        named -= set(orders)  # an order that was never placed is cancelled, not retracted
    return sorted(
        fact for fact in named if fact in facts and not isinstance(facts[fact].what, Retracted)
    )


def _when(event: Event) -> tuple[object, int, int, str]:
    what = event.what
    place = STEPS[type(what)][1] if type(what) in STEPS else 20
    step = what.stage.step if isinstance(what, ParcelScanned | ReturnMoved) else 0
    return (event.occurred_at, place, step, event.id)


def _replay(draft: Draft, event: Event) -> Effect:
    if isinstance(event.what, Retracted):
        return Effect(event.id, Outcome.APPLIED)
    before = _stage_of(draft, event)
    refused = STEPS[type(event.what)][0](draft, event, event.what)
    if refused is not None:
        return Effect(event.id, Outcome.IGNORED, refused)
    settle_status(draft, event.occurred_at)
    skipped = parcel_steps.was_skipped(before, _stage_of(draft, event)) if before else False
    return Effect(event.id, Outcome.APPLIED, skipped=skipped)


def _stage_of(draft: Draft, event: Event) -> Stage | None:
    if not isinstance(event.what, ParcelScanned):
        return None
    name = parcel_steps.resolve(draft, event.what.parcel)
    parcel = draft.parcels.get(name)
    return parcel.stage if parcel else None


def _prepare(standing: list[Event], gone: list[Event]) -> Draft:
    statements = [e for e in standing if isinstance(e.what, Ordered)]
    if not statements:
        raise NotAnOrder("no fact says what was ordered")
    latest = cast(Ordered, max(statements, key=lambda e: (e.occurred_at, e.id)).what)
    whats = [e.what for e in standing]
    announced = [w for w in whats if isinstance(w, ParcelAnnounced)]
    names = _names([w.parcel for w in announced if w.returns is None])
    return Draft(
        number=latest.number,
        placed_at=min(w.placed_at for w in whats if isinstance(w, Ordered)),
        lines={line.id: line for line in latest.lines},
        names=names,
        return_numbers=_return_numbers(whats),
        refunded_returns=frozenset(w.return_id for w in whats if isinstance(w, Refunded) and w.return_id),
        exchanged_returns=frozenset(w.exchange_for for w in announced if w.exchange_for),
        undone=_undone(names, gone),
        waiting={line.id: Waiting() for line in latest.lines},
    )


def _names(refs: list[ParcelRef]) -> dict[str, str]:
    """Give every parcel one name. Two announcements with one number are one parcel."""
    names: dict[str, str] = {}
    for ref in refs:
        own = parcel_steps.parcel_name(ref)
        by_number = f"#{ref.number}" if ref.number else own
        name = names.get(own) or names.get(by_number) or own
        names[own] = name
        names[by_number] = name
    return names


def _return_numbers(whats: list[Any]) -> dict[str, str]:
    numbers: dict[str, str] = {}
    for what in whats:
        if isinstance(what, ParcelAnnounced) and what.returns and what.parcel.number:
            numbers[what.parcel.number] = what.returns
        if isinstance(what, ReturnMoved) and what.parcel and what.parcel.number:
            numbers[what.parcel.number] = what.return_id
    return numbers


def _undone(names: dict[str, str], gone: list[Event]) -> dict[tuple[str, Stage], int]:
    undone: dict[tuple[str, Stage], int] = {}
    for event in gone:
        if isinstance(event.what, ParcelScanned):
            name = parcel_steps.resolve_name(names, event.what.parcel).removeprefix("#")
            undone[name, event.what.stage] = undone.get((name, event.what.stage), 0) + 1
    return undone
