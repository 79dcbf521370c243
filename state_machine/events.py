"""What the outside world can tell us about an order: facts, one frozen value per happening.

A fact is addressed (``about``) and says one thing (``what``). Its ``id`` is semantic: the same
happening has the same id, however often and by whichever way it is told. Whoever makes facts keeps
this promise: equal ids, equal content.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from state_machine.lifecycle import How, Stage
from state_machine.problems import Blame, Reason
from state_machine.returns import Acceptance, ReturnStage
from state_machine.tracking import normalise_number as normalise_number

MAX_ID = 255  #: characters; the width of every key column


class Clarity(StrEnum):
    """How surely a source's event time is known."""

    EXPLICIT = "explicit"  #: the source named the offset
    ASSUMED_ZONE = "assumed_zone"  #: local time; the zone is known from the source
    ASSUMED_UTC = "assumed_utc"  #: no zone known; read as UTC
    DATE_ONLY = "date_only"  #: a day without a time


@dataclass(frozen=True, slots=True)
class OrderKey:
    """An order by the id its shop gave it. Two shops may both have order 1001."""

    shop: str
    external_id: str
    type: Literal["order"] = "order"


@dataclass(frozen=True, slots=True)
class ParcelKey:
    """A parcel by its normalised tracking number; carriers recycle numbers."""

    number: str
    carrier: str | None = None
    type: Literal["parcel"] = "parcel"


@dataclass(frozen=True, slots=True)
class StockKey:
    """Goods by SKU, in one location or in all, for one shop or for all."""

    sku: str
    location: str | None = None
    shop: str | None = None
    type: Literal["stock"] = "stock"


Key = OrderKey | ParcelKey | StockKey


@dataclass(frozen=True, slots=True)
class Units:
    """So many pieces of one order line."""

    line: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """One position of an order as the shop states it."""

    id: str
    quantity: int
    sku: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PickupPoint:
    """Where a parcel waits."""

    name: str
    address: str = ""
    opening_hours: str = ""
    latitude: float | None = None
    longitude: float | None = None
    distance_m: int | None = None  #: how far the recipient has to it, in metres


@dataclass(frozen=True, slots=True)
class ParcelRef:
    """Which parcel of the order: by the shop's id for it, or by tracking number."""

    id: str | None = None
    number: str | None = None
    carrier: str | None = None


# --- order -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """The order exists and consists of these lines; the latest statement of the lines holds."""

    number: str  #: what the customer reads, such as "#1001"
    placed_at: datetime
    lines: tuple[OrderedLine, ...]
    currency: str | None = None
    kind: Literal["order.placed"] = "order.placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """The order is paid, or the shop treats it so; ends a hold for payment."""

    kind: Literal["order.paid"] = "order.paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The shop waits with the order."""

    reason: Literal["payment", "review", "stock", "other"] = "other"
    kind: Literal["order.held"] = "order.held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The hold is over."""

    kind: Literal["order.released"] = "order.released"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """Everything not yet shipped is cancelled."""

    reason: str | None = None
    kind: Literal["order.cancelled"] = "order.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsCancelled:
    """These units will not be shipped."""

    units: tuple[Units, ...]
    kind: Literal["order.units_cancelled"] = "order.units_cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Money goes back to the customer, with a return or without one."""

    refund: str  #: the shop's id of the refund
    amount: str | None = None  #: decimal text, such as "41.94"
    currency: str | None = None
    return_id: str | None = None
    kind: Literal["order.refunded"] = "order.refunded"


# --- units before a parcel ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsAllocated:
    """Stock is set aside for these units (none named: for all open ones)."""

    units: tuple[Units, ...] = ()
    kind: Literal["order.allocated"] = "order.allocated"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsBackordered:
    """These units wait for goods (none named: all open ones)."""

    units: tuple[Units, ...] = ()
    expected_at: datetime | None = None
    kind: Literal["order.backordered"] = "order.backordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsPacked:
    """These units are packed (none named: all open ones). Packed is not shipped."""

    units: tuple[Units, ...] = ()
    kind: Literal["order.packed"] = "order.packed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRanOut:
    """The goods are gone; open units of that SKU wait for more."""

    expected_at: datetime | None = None
    kind: Literal["stock.ran_out"] = "stock.ran_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockArrived:
    """The goods are there again."""

    kind: Literal["stock.arrived"] = "stock.arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCounted:
    """So many pieces are available (negative: oversold; None: not tracked); of no one order."""

    available: int | None
    kind: Literal["stock.counted"] = "stock.counted"


# --- parcels -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelAnnounced:
    """The shop names a parcel; later statements of the same parcel add to it."""

    parcel: ParcelRef
    url: str | None = None
    units: tuple[Units, ...] | None = None  #: None: the content is not known
    load: str | None = None  #: parcels of one load share their units
    trusted: bool = False  #: the shop's "shipped" counts as handed over (``trust_shop_shipped``)
    returns: str | None = None  #: id of the return whose goods this parcel brings back
    exchange_for: str | None = None  #: id of the return this parcel replaces goods for
    kind: Literal["parcel.announced"] = "parcel.announced"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelScanned:
    """The carrier saw the parcel at this stage."""

    parcel: ParcelRef
    stage: Stage
    how: How | None = None
    place: str | None = None
    pickup_point: PickupPoint | None = None
    pickup_code: str | None = None
    keep_until: datetime | None = None
    kind: Literal["parcel.scanned"] = "parcel.scanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelSeen:
    """A sign of life that says nothing about progress: freshness only."""

    parcel: ParcelRef
    kind: Literal["parcel.seen"] = "parcel.seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReported:
    """Something is in the parcel's way. Blame and duty None: what the reason's row says."""

    parcel: ParcelRef
    reason: Reason
    blame: Blame | None = None
    action_required: bool | None = None
    nearby: tuple[PickupPoint, ...] | None = None  #: where it could be collected instead
    kind: Literal["parcel.problem"] = "parcel.problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemResolved:
    """What was in the way is out of the way."""

    parcel: ParcelRef
    kind: Literal["parcel.resolved"] = "parcel.resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseMade:
    """The delivery window now promised, for one parcel or (``parcel`` None) for the order."""

    latest: datetime
    earliest: datetime | None = None
    parcel: ParcelRef | None = None
    kind: Literal["promise.made"] = "promise.made"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseBroken:
    """Time passed the promised window without a delivery; made by the scheduler."""

    latest: datetime  #: the promise that broke
    parcel: ParcelRef | None = None
    kind: Literal["promise.broken"] = "promise.broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupDue:
    """The time to collect the parcel is running out; made by the scheduler."""

    parcel: ParcelRef
    keep_until: datetime
    kind: Literal["parcel.pickup_due"] = "parcel.pickup_due"


# --- returns and corrections -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMoved:
    """A return reached a stage; the first fact of a return opens it."""

    return_id: str
    stage: ReturnStage
    units: tuple[Units, ...] = ()
    acceptance: Acceptance | None = None  #: with inspected: what was found of ``units``
    parcel: ParcelRef | None = None  #: with label_issued: the parcel that brings the goods back
    kind: Literal["return.moved"] = "return.moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted:
    """A fact told earlier was wrong. A retraction itself cannot be retracted."""

    fact: str
    reason: str | None = None
    kind: Literal["fact.retracted"] = "fact.retracted"


What = (
    Ordered
    | PaymentReceived
    | Held
    | Released
    | OrderCancelled
    | UnitsCancelled
    | Refunded
    | UnitsAllocated
    | UnitsBackordered
    | UnitsPacked
    | StockRanOut
    | StockArrived
    | StockCounted
    | ParcelAnnounced
    | ParcelScanned
    | ParcelSeen
    | ProblemReported
    | ProblemResolved
    | PromiseMade
    | PromiseBroken
    | PickupDue
    | ReturnMoved
    | Retracted
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact: something happened in the outside world."""

    id: str  #: semantic, such as ``shopify:fulfillment:255858046:delivered``
    occurred_at: datetime  #: when it happened in the world; aware, kept as UTC
    about: Key
    what: What = field()
    clarity: Clarity = Clarity.EXPLICIT
    #: what the source claimed, where that lay in the future and was held; None: as claimed
    claimed_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a fact that could not be told apart or put in order."""
        if not 0 < len(self.id) <= MAX_ID:
            raise ValueError(f"fact id must have 1 to {MAX_ID} characters: {self.id[:80]!r}")
        if self.occurred_at.tzinfo is None:
            raise ValueError(f"fact {self.id}: occurred_at has no offset: {self.occurred_at}")
        if self.occurred_at.tzinfo is not UTC:
            object.__setattr__(self, "occurred_at", self.occurred_at.astimezone(UTC))
