"""Which fact does what to a belief, and in which order facts of the same instant are replayed."""

from collections.abc import Callable
from typing import Any

from state_machine import order_steps, parcel_steps, problem_steps, promise_steps, return_steps
from state_machine.draft import Draft
from state_machine.events import (
    Event,
    Held,
    OrderCancelled,
    Ordered,
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

Step = Callable[[Draft, Event, Any], str | None]


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
