"""fold(facts) -> belief: any arrival order, any duplicates, the same answer.

Rules of this file:

1. A fact counts once, by its id. A retraction takes its fact out before anything is replayed.
2. What is left is replayed in the order it happened: by event time, then by how far along it is,
   then by id. Arrival order is not an input.
3. What an order consists of (its lines, which number is which parcel) is read from all facts
   before the replay, so that a scan never depends on whether the shop had spoken yet.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast

from state_machine import order_steps, parcel_steps, problem_steps, promise_steps, return_steps
from state_machine.draft import Draft, Waiting
from state_machine.events import (
    Event,
    Held,
    OrderCancelled,
    Ordered,
    OrderedLine,
    ParcelAnnounced,
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
from state_machine.manifest import Manifest, read
from state_machine.order import Belief, Effect, Outcome
from state_machine.rollup import settle_status, tally

Step = Callable[[Draft, Event, Any], str | None]

STAGED = (ParcelScanned, ReturnMoved)  #: of two such facts at one instant the further comes last


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


def _when(event: Event) -> tuple[datetime, int, int, str]:
    what = event.what
    step = what.stage.step if isinstance(what, STAGED) else 0
    return (event.occurred_at, STEPS[type(what)][1], step, event.id)


def _replay(draft: Draft, event: Event) -> Effect:
    draft.skipped = draft.still = False
    refused = STEPS[type(event.what)][0](draft, event, event.what)
    if refused is not None:
        return Effect(event.id, Outcome.IGNORED, refused)
    if not draft.still:
        settle_status(draft, event.occurred_at)
    return Effect(event.id, Outcome.APPLIED, skipped=draft.skipped)


def _prepare(standing: list[Event], gone: list[Event]) -> Draft:
    statements = [e for e in standing if isinstance(e.what, Ordered)]
    if not statements:
        raise NotAnOrder("no fact says what was ordered")
    latest = cast(Ordered, statements[-1].what)
    whats = [e.what for e in standing]
    manifest = read(whats)
    lines = {line.id: line for line in latest.lines} or {"": OrderedLine("", 1)}
    draft = Draft(
        number=latest.number,
        placed_at=min(w.placed_at for w in whats if isinstance(w, Ordered)),
        lines=lines,
        nameless=not latest.lines,
        manifest=manifest,
        refunded_returns=frozenset(
            w.return_id for w in whats if isinstance(w, Refunded) and w.return_id
        ),
        exchanged_returns=frozenset(manifest.replaces.values()),
        undone=_undone(manifest, gone),
        waiting={line: Waiting() for line in lines},
    )
    draft.tallies = tally(draft)
    return draft


def _undone(manifest: Manifest, gone: list[Event]) -> dict[str, int]:
    undone: Counter[str] = Counter()
    for event in gone:
        ref = getattr(event.what, "parcel", None)
        back = getattr(event.what, "return_id", None) or (ref and manifest.return_of(ref))
        name = manifest.name_of(ref) if ref and not back else ""
        undone[f"return:{back}" if back else f"parcel:{name}" if name else "order"] += 1
        if name in manifest.replaces:
            undone[f"return:{manifest.replaces[name]}"] += 1
    return dict(undone)


def _retraction(draft: Draft, event: Event, what: Retracted) -> str | None:
    """A retraction did its work before the replay."""
    return None


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
    PromiseMade: (promise_steps.promised, 9),
    ParcelScanned: (parcel_steps.scanned, 10),
    ProblemReported: (problem_steps.problem, 11),
    ProblemResolved: (problem_steps.resolved, 12),
    ParcelSeen: (parcel_steps.seen, 13),
    PickupDue: (parcel_steps.pickup_due, 14),
    PromiseBroken: (promise_steps.broken, 15),
    ReturnMoved: (return_steps.moved, 16),
    Refunded: (return_steps.refunded, 17),
    UnitsCancelled: (order_steps.units_cancelled, 18),
    OrderCancelled: (order_steps.cancelled, 19),
    Retracted: (_retraction, 20),
}
