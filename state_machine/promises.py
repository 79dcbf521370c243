"""When an order is late, and what a return is waiting for: arithmetic, never a clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from state_machine.events import Event, OrderKey, ParcelRef, PickupDue, PromiseBroken
from state_machine.lifecycle import Stage
from state_machine.order import Order, Parcel, Promise, Return
from state_machine.returns import ReturnStage
from state_machine.statuses import Status

GRACE = timedelta(hours=2)  #: carriers scan late; a promise is broken only after this
REMIND = timedelta(hours=48)  #: a reminder goes out this long before a parcel is sent back
SETTLE = timedelta(hours=24)  #: nobody is reminded of what was told less than a day ago
DONE = frozenset({Status.DELIVERED, Status.CANCELLED, Status.RETURNED, Status.RETURNED_TO_SENDER})
#: statuses of an order whose promise can still be broken
DUE = frozenset(
    {
        Status.PLACED,
        Status.ON_HOLD,
        Status.PROCESSING,
        Status.BACKORDERED,
        Status.PARTIALLY_SHIPPED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.PARTIALLY_DELIVERED,
    }
)


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a return is waiting for, and until when it is due."""

    what: str
    due: datetime


#: return stage -> (what comes next, how long it may take from there)
NEXT_STEPS = {
    ReturnStage.REQUESTED: ("approve", timedelta(hours=24)),
    ReturnStage.APPROVED: ("issue_label", timedelta(hours=24)),
    ReturnStage.LABEL_ISSUED: ("send_goods", timedelta(days=14)),
    ReturnStage.IN_TRANSIT: ("receive", timedelta(days=7)),
    ReturnStage.RECEIVED: ("inspect", timedelta(hours=24)),
    ReturnStage.INSPECTED: ("refund", timedelta(hours=24)),
}


def next_step(ret: Return) -> NextStep | None:
    """Say what a return waits for; None when it is over."""
    step = NEXT_STEPS.get(ret.stage)
    return NextStep(step[0], ret.stage_since + step[1]) if step else None


def deadlines(order: Order) -> Iterator[Event]:
    """Yield the facts that time alone will make true of an order, each at its moment.

    A fact's ``occurred_at`` is that moment; it becomes true only if nothing else happens first. A
    fact that was applied is not yielded again, or the scheduler would never come to rest.
    """
    key = OrderKey(order.shop, order.external_id)
    parcels = [p for p in order.parcels if p.exchange_for or order.status not in DONE]
    for parcel in parcels:
        if parcel.promise is not None and waits(parcel.stage):
            yield from _breaks(parcel.promise, _ref(parcel), parcel.id, key)
        yield from _runs_out(parcel, key)
    own = order.promise not in [parcel.promise for parcel in order.parcels]
    if order.promise is not None and own and order.status in DUE:
        yield from _breaks(order.promise, None, "order", key)


def _breaks(promise: Promise, ref: ParcelRef | None, name: str, key: OrderKey) -> Iterator[Event]:
    if not promise.broken:
        yield Event(
            id=f"tilanne:{name}:promise-broken:{_moment(promise.latest)}"[:255],
            occurred_at=promise.latest + GRACE,
            about=key,
            what=PromiseBroken(latest=promise.latest, parcel=ref),
        )


def _runs_out(parcel: Parcel, key: OrderKey) -> Iterator[Event]:
    until = parcel.keep_until
    if until is None or parcel.stage is not Stage.READY_FOR_PICKUP or parcel.reminded:
        return
    moment = max(until - REMIND, parcel.stage_since + SETTLE)
    if moment < until:
        yield Event(
            id=f"tilanne:{parcel.id}:pickup-due:{_moment(until)}"[:255],
            occurred_at=moment,
            about=key,
            what=PickupDue(parcel=_ref(parcel), keep_until=until),
        )


def next_deadline(order: Order) -> datetime | None:
    """Return when time will next make something true of an order; None if it never will."""
    if order.promise is None and not any(p.promise or p.keep_until for p in order.parcels):
        return None
    return min((event.occurred_at for event in deadlines(order)), default=None)


def overdue(order: Order, now: datetime) -> Iterator[Event]:
    """Yield the facts that the passing of time has made true of an order by ``now``."""
    return (event for event in deadlines(order) if event.occurred_at <= now)


def waits(stage: Stage) -> bool:
    """Whether a parcel has still to reach its recipient, or the place to collect it."""
    return stage.step < Stage.READY_FOR_PICKUP.step or stage is Stage.OUT_FOR_DELIVERY


def _moment(at: datetime) -> str:
    """Spell a moment in one way only, as it becomes part of a fact's id."""
    return at.astimezone(UTC).isoformat()


def _ref(parcel: Parcel) -> ParcelRef:
    """A parcel nobody announced is known by its number alone."""
    if parcel.id == parcel.tracking_number:
        return ParcelRef(number=parcel.tracking_number)
    return ParcelRef(id=parcel.id)
