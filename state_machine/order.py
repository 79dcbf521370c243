"""What we believe about an order now: frozen snapshots, nothing but the sum of its facts.

They live for a moment and are written as JSON, which takes a third of the time without slots.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from state_machine.events import PickupPoint, Units
from state_machine.lifecycle import How, Stage
from state_machine.milestones import Milestone, MilestoneKey
from state_machine.problems import Blame, Reason
from state_machine.returns import ReturnStage
from state_machine.statuses import Status


@dataclass(frozen=True)
class Line:
    """One position of the order; the counts say where its units are."""

    id: str
    sku: str
    name: str
    quantity: int
    allocated: int = 0
    backordered: int = 0
    packed: int = 0
    shipped: int = 0  #: handed over or later, wherever they went from there
    delivered: int = 0  #: of the shipped ones, those that reached the recipient
    cancelled: int = 0
    returned: int = 0  #: of the delivered ones, those that came back
    expected_at: datetime | None = None  #: when backordered goods are expected


@dataclass(frozen=True)
class Problem:
    """What is in the way."""

    reason: Reason
    blame: Blame
    action_required: bool
    since: datetime


@dataclass(frozen=True)
class Promise:
    """The delivery window told to the customer."""

    latest: datetime
    earliest: datetime | None
    revision: int  #: 1 for the first window told
    broken: bool = False
    was: datetime | None = None  #: end of the window this one replaced


@dataclass(frozen=True)
class Parcel:
    """One physical package."""

    id: str
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    stage: Stage
    stage_since: datetime
    units: tuple[Units, ...]  #: empty when the content is not known
    content_known: bool = True
    how: How | None = None
    place: str | None = None
    problem: Problem | None = None
    promise: Promise | None = None
    pickup_point: PickupPoint | None = None
    nearby: tuple[PickupPoint, ...] = ()  #: where it could be collected instead
    pickup_code: str | None = None
    keep_until: datetime | None = None
    reminded: bool = False  #: the customer was reminded to collect it
    exchange_for: str | None = None
    load: str = ""  #: parcels of one load share their units


@dataclass(frozen=True)
class Refund:
    """Money that went back to the customer."""

    id: str
    amount: str | None
    currency: str | None
    at: datetime
    return_id: str | None = None


@dataclass(frozen=True)
class Return:
    """A customer's return of units."""

    id: str
    stage: ReturnStage
    stage_since: datetime
    units: tuple[Units, ...]
    received: bool = False  #: reception axis
    rejected: tuple[Units, ...] = ()  #: acceptance axis: sent back to the customer
    tracking_number: str | None = None
    refund: Refund | None = None


@dataclass(frozen=True)
class Order:
    """An order as we believe it to be."""

    shop: str
    external_id: str
    number: str
    placed_at: datetime
    status: Status
    status_since: datetime
    paid: bool
    held: str | None
    lines: tuple[Line, ...]
    parcels: tuple[Parcel, ...] = ()
    returns: tuple[Return, ...] = ()
    refunds: tuple[Refund, ...] = ()
    promise: Promise | None = None


class Outcome(StrEnum):
    """What became of a fact on the timeline."""

    APPLIED = "applied"
    IGNORED = "ignored"
    RETRACTED = "retracted"


class Effect(NamedTuple):
    """What one fact did to the belief, and why if it did nothing."""

    fact: str
    outcome: Outcome
    why: str = ""
    skipped: bool = False  #: believed, though scans in between are missing


class Belief(NamedTuple):
    """The fold's answer: the order, the milestones reached, and what each fact did."""

    order: Order
    milestones: tuple[Milestone, ...]
    keys: tuple[MilestoneKey, ...]  #: of the milestones
    effects: tuple[Effect, ...]
    #: (former id, id) of parcels that have gone, or may have gone, by another id
    former_names: tuple[tuple[str, str], ...] = ()
