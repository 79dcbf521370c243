"""What shops, carriers and customers may say of orders, in any mixture: the strategies.

Small on purpose: two shops that share external ids, three numbers, two kinds of goods, so that a
life of fifty steps says many things of the same few orders.
"""

from datetime import datetime
from hashlib import sha256

from hypothesis import strategies as st

from state_machine.events import (
    Clarity,
    Event,
    Held,
    Key,
    OrderCancelled,
    Ordered,
    OrderedLine,
    OrderKey,
    ParcelAnnounced,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
    ParcelSeen,
    PaymentReceived,
    ProblemReported,
    ProblemResolved,
    PromiseMade,
    Refunded,
    Released,
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
from state_machine.lifecycle import Stage
from state_machine.problems import Reason
from state_machine.returns import Acceptance, ReturnStage
from tests.builders import MONDAY, hours

SHOPS = ["kauppa", "puoti"]
NUMBERS = ["JJ1", "JJ1", "JJ2"]
GOODS = ["mug", "bowl"]
CARRIERS = [None, None, None, "posti", "dhl"]

#: hours before the present moment; below zero: a clock that goes wrong, or a lie
ages = st.sampled_from([*[0, 0.1, 0.5, 1, 2, 5] * 4, 24, 30, -0.1, -3, -48, 40 * 24, 3 * 8760])
lately = st.sampled_from([0, 1, 2, 3, 5, 8, 24, 30, 70 * 24])
FIRST = OrderKey("kauppa", "1")
ORDERS = [FIRST, FIRST, OrderKey("kauppa", "2"), OrderKey("puoti", "1")]
order_keys = st.sampled_from(ORDERS)
numbers = st.sampled_from(NUMBERS)
carriers = st.sampled_from(CARRIERS)
sources = st.sampled_from(["shop", "carrier"])
clarities = st.sampled_from([Clarity.EXPLICIT, *Clarity])
units = st.sampled_from([(), (Units("mug", 1),), (Units("mug", 2), Units("bowl", 1))])
moments = st.sampled_from([-24, 6, 30, 60, 100, 400]).map(hours)
maybe = st.none() | moments

orders = st.sampled_from(
    [
        tuple(OrderedLine(id=sku, quantity=n, sku=sku) for sku, n in lines.items())
        for lines in ({"mug": 1}, {"mug": 2, "bowl": 1}, {"bowl": 3}, {})
    ]
).map(lambda lines: Ordered(number="#1", placed_at=MONDAY, lines=lines))

refs = st.one_of(
    st.builds(ParcelRef, id=st.sampled_from(["f1", "f2"])),
    st.builds(ParcelRef, number=numbers),
)
links = st.builds(
    ParcelAnnounced,
    parcel=st.builds(ParcelRef, st.sampled_from([None, "f1", "f2"]), numbers, carriers),
    units=st.none() | units,
    trusted=st.booleans(),
    exchange_for=st.sampled_from([None, None, None, "r1"]),
)
ROAD = [Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.READY_FOR_PICKUP, Stage.DELIVERED]
stages = st.sampled_from([*Stage, *ROAD * 3])
returns = st.builds(
    ReturnMoved,
    return_id=st.sampled_from(["r1", "r2"]),
    stage=st.sampled_from(ReturnStage),
    units=units,
    acceptance=st.none() | st.sampled_from(Acceptance),
    parcel=st.none() | st.none() | st.builds(ParcelRef, number=numbers),
)
of_orders = st.one_of(
    st.builds(PaymentReceived),
    st.builds(Held, reason=st.sampled_from(["payment", "review", "stock", "other"])),
    st.builds(Released),
    st.builds(OrderCancelled),
    st.builds(UnitsCancelled, units=units),
    st.builds(UnitsAllocated, units=units),
    st.builds(UnitsBackordered, units=units, expected_at=maybe),
    st.builds(UnitsPacked, units=units),
    st.builds(PromiseMade, latest=moments, parcel=st.none() | refs),
    st.builds(ParcelScanned, parcel=refs, stage=stages),
    st.builds(
        Refunded, refund=st.sampled_from(["m1", "m2"]), return_id=st.sampled_from([None, "r1"])
    ),
    returns,
    returns,
)  # fmt: skip
of_goods = st.one_of(
    st.builds(StockRanOut, expected_at=maybe),
    st.builds(StockRanOut, expected_at=maybe),
    st.builds(StockArrived),
    st.builds(StockCounted, available=st.sampled_from([None, -1, 0, 3])),
)
goods = st.builds(StockKey, st.sampled_from(GOODS), shop=st.sampled_from([None, *SHOPS]))


def _by_number(number: str, carrier: str | None) -> st.SearchStrategy[tuple[Key, What]]:
    ref = st.just(ParcelRef(number=number, carrier=carrier))
    what = st.one_of(
        st.builds(ParcelScanned, parcel=ref, stage=stages, keep_until=maybe),
        st.builds(ParcelScanned, parcel=ref, stage=stages),
        st.builds(ProblemReported, parcel=ref, reason=st.sampled_from(Reason)),
        st.builds(ParcelSeen, parcel=ref) | st.builds(ProblemResolved, parcel=ref),
        st.builds(PromiseMade, latest=moments, parcel=ref),
    )
    return st.tuples(st.just(ParcelKey(number, carrier)), what)


def _scanned(road: tuple[ParcelKey, list[Stage]]) -> tuple[Key, list[What]]:
    ref = ParcelRef(number=road[0].number)
    stages = sorted(road[1], key=lambda stage: stage.step)
    return road[0], [ParcelScanned(parcel=ref, stage=stage) for stage in stages]


#: a parcel by its number, which is all a carrier knows, and what it says of it
of_parcels = st.one_of(
    [_by_number(number, carrier) for number in NUMBERS for carrier in (None, None, "posti")]
)
#: a parcel on an ordinary way, in one message of the carrier
roads = st.tuples(
    st.builds(ParcelKey, numbers),
    st.lists(st.sampled_from(ROAD), min_size=2, max_size=4, unique=True),
).map(_scanned)


def fact(about: Key, what: What, at: datetime, clarity: Clarity = Clarity.EXPLICIT) -> Event:
    """Make a fact; its id says what happened and when, so the same happening has the same one."""
    own = sha256(repr((about, what, at)).encode()).hexdigest()[:16]
    return Event(id=f"{what.kind}:{own}", occurred_at=at, about=about, what=what, clarity=clarity)


#: how most lives begin
BEGINNING = (
    Ordered(number="#1", placed_at=MONDAY, lines=(OrderedLine(id="mug", quantity=2, sku="mug"),)),
    ParcelAnnounced(parcel=ParcelRef(id="f1", number="JJ1")),
)


def email(about: OrderKey) -> str:
    """The address of who ordered: one for each order, so that a letter gone astray shows."""
    return f"{about.external_id}@{about.shop}.example"
