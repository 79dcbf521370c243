"""Whole order histories for Hypothesis: plausible ones, and such as no shop would ever tell."""

from hypothesis import strategies as st

from state_machine.events import (
    Event,
    Held,
    OrderCancelled,
    Ordered,
    OrderedLine,
    OrderKey,
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
    StockKey,
    StockRanOut,
    Units,
    UnitsAllocated,
    UnitsBackordered,
    UnitsCancelled,
    UnitsPacked,
    What,
)
from state_machine.lifecycle import How, Stage
from state_machine.problems import Reason
from state_machine.returns import Acceptance, ReturnStage
from tests.builders import MONDAY, ORDER, hours

LINES = ["mug", "bowl", "cup"]
NUMBERS = ["JJ1", "JJ2", "JJ3"]
#: few moments, so that many facts happen at the same one
moments = st.sampled_from([0, 1, 2, 3, 5, 8, 24, 30, 48, 49, 60, 96, 150]).map(hours)
quantities = st.integers(0, 3)
returns = st.sampled_from(["r1", "r2"])
some_units = st.lists(st.builds(Units, st.sampled_from([*LINES, "gone"]), quantities), max_size=3)
units = some_units.map(tuple)
number = st.sampled_from(NUMBERS)
own = st.sampled_from(["f1", "f2", "f3", "JJ1"])
refs = st.one_of(
    st.builds(ParcelRef, id=own),
    st.builds(ParcelRef, number=number),
    st.builds(ParcelRef, id=own, number=number),
)
maybe = st.none() | moments
lines = st.lists(
    st.builds(OrderedLine, st.sampled_from(LINES), st.integers(1, 3), st.sampled_from(LINES)),
    max_size=3,
    unique_by=lambda line: line.id,
).map(tuple)
orders = st.builds(Ordered, number=st.just("#1001"), placed_at=st.just(MONDAY), lines=lines)

announcements = st.builds(
    ParcelAnnounced,
    parcel=refs,
    units=st.none() | units,
    load=st.sampled_from([None, None, None, "f1", "both"]),
    trusted=st.booleans(),
    returns=st.sampled_from([None] * 5 + ["r1"]),
    exchange_for=st.sampled_from([None] * 5 + ["r1"]),
)
scans = st.builds(
    ParcelScanned,
    parcel=refs,
    stage=st.sampled_from(Stage),
    how=st.none() | st.sampled_from(How),
    keep_until=maybe,
)
order_facts = st.one_of(
    orders,
    st.builds(PaymentReceived),
    st.builds(Held, reason=st.sampled_from(["payment", "review", "stock", "other"])),
    st.builds(Released),
    st.builds(OrderCancelled),
    st.builds(UnitsCancelled, units=units),
    st.builds(UnitsAllocated, units=units),
    st.builds(UnitsBackordered, units=units, expected_at=maybe),
    st.builds(UnitsPacked, units=units),
    st.builds(StockRanOut, expected_at=maybe),
    st.builds(StockArrived),
    st.builds(StockCounted, available=st.integers(-1, 3)),
)
parcel_facts = st.one_of(
    announcements,
    scans,
    scans,
    st.builds(ParcelSeen, parcel=refs),
    st.builds(
        ProblemReported,
        parcel=refs,
        reason=st.sampled_from(Reason),
        action_required=st.none() | st.booleans(),
    ),
    st.builds(ProblemResolved, parcel=refs),
    st.builds(PromiseMade, latest=moments, earliest=maybe, parcel=st.none() | refs),
    st.builds(PromiseBroken, latest=moments, parcel=st.none() | refs),
    st.builds(PickupDue, parcel=refs, keep_until=moments),
)
return_facts = st.one_of(
    st.builds(
        ReturnMoved,
        return_id=returns,
        stage=st.sampled_from(ReturnStage),
        units=units,
        acceptance=st.none() | st.sampled_from(Acceptance),
        parcel=st.none() | st.none() | refs,
    ),
    st.builds(Refunded, refund=st.sampled_from(["m1", "m2"]), return_id=st.none() | returns),
)
#: of facts that exist, that will exist, and that never do
retractions = st.integers(0, 16).map(lambda n: Retracted(fact=f"fact-{n}"))
anything = st.one_of(order_facts, parcel_facts, parcel_facts, return_facts, retractions)


def _event(n: int, what: What, moment: object) -> Event:
    goods = isinstance(what, StockRanOut | StockArrived | StockCounted)
    about: OrderKey | StockKey = StockKey(LINES[n % 3]) if goods else ORDER
    return Event(id=f"fact-{n}", occurred_at=moment, about=about, what=what)


@st.composite
def wild(draw: st.DrawFn) -> list[Event]:
    """An order about which everything is told, whether or not it fits."""
    whats = [draw(orders), *draw(st.lists(anything, max_size=14))]
    return [_event(n, what, draw(moments)) for n, what in enumerate(whats)]


@st.composite
def plausible(draw: st.DrawFn) -> list[Event]:
    """An order that goes its way in one or two parcels; some of it comes back or is taken back."""
    stated = draw(orders.filter(lambda order: order.lines))
    whats: list[What] = [stated, PaymentReceived(), draw(order_facts)]
    for name, tracking in [("f1", "JJ1"), ("f2", "JJ2")][: draw(st.integers(1, 2))]:
        ref = ParcelRef(id=name, number=tracking)
        whats.append(ParcelAnnounced(parcel=ref, units=draw(st.none() | units)))
        road = draw(st.lists(st.sampled_from(Stage), max_size=5).map(_sorted))
        by = draw(st.sampled_from([ref, ParcelRef(number=tracking)]))
        whats += [ParcelScanned(parcel=by, stage=stage) for stage in road]
        whats += draw(st.lists(parcel_facts, max_size=2))
    steps = draw(st.lists(st.sampled_from(ReturnStage), max_size=3).map(_sorted))
    whats += [ReturnMoved(return_id="r1", stage=stage, units=draw(units)) for stage in steps]
    whats += draw(st.lists(st.one_of(order_facts, retractions), max_size=3))
    return [_event(n, what, hours(3 * n)) for n, what in enumerate(whats)]


def _sorted(stages: list[Stage] | list[ReturnStage]) -> list[Stage | ReturnStage]:
    return sorted(stages, key=lambda stage: stage.step)


histories = st.one_of(wild(), plausible())
