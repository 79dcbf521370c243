"""The belief while it is being worked out: mutable, private to one run of the fold."""

from dataclasses import dataclass, field
from datetime import datetime

from state_machine.events import OrderedLine, PickupPoint, Units
from state_machine.lifecycle import How, Stage
from state_machine.milestones import Milestone, Told
from state_machine.order import Problem, Promise, Refund
from state_machine.returns import ReturnStage
from state_machine.statuses import Status


@dataclass(slots=True)
class DraftParcel:
    """A parcel being followed through its facts."""

    id: str
    carrier: str | None = None
    number: str | None = None
    url: str | None = None
    stage: Stage | None = None
    since: datetime | None = None
    how: How | None = None
    place: str | None = None
    problem: Problem | None = None
    problem_step: int = 0  #: how far the parcel was when the problem arose
    promise: Promise | None = None
    pickup_point: PickupPoint | None = None
    pickup_code: str | None = None
    keep_until: datetime | None = None
    reminded: bool = False
    exchange_for: str | None = None
    load: str = ""

    @property
    def subject(self) -> str:
        """How milestones name this parcel."""
        return f"parcel:{self.id}"


@dataclass(slots=True)
class Load:
    """Units that travel together, in one parcel or spread over several."""

    units: tuple[Units, ...] | None = None  #: None: the content is not known
    parcels: list[DraftParcel] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        """The stage of the least advanced parcel: units are nowhere further than that."""
        stages = [parcel.stage or Stage.ANNOUNCED for parcel in self.parcels]
        live = [stage for stage in stages if stage is not Stage.CANCELLED]
        return min(live, key=lambda stage: stage.step) if live else Stage.CANCELLED


@dataclass(slots=True)
class DraftReturn:
    """A return being followed through its facts."""

    id: str
    stage: ReturnStage
    since: datetime
    units: tuple[Units, ...] = ()
    received: bool = False
    rejected: tuple[Units, ...] = ()
    number: str | None = None
    refund: Refund | None = None

    @property
    def subject(self) -> str:
        """How milestones name this return."""
        return f"return:{self.id}"


@dataclass(slots=True)
class Waiting:
    """Where the units of one line are before they are in a parcel."""

    allocated: int = 0
    packed: int = 0
    backordered: int = 0
    expected_at: datetime | None = None
    cancelled: int = 0  #: asked for; the rollup clamps it to what can still be cancelled


@dataclass(slots=True)
class Draft:
    """An order being worked out."""

    number: str
    placed_at: datetime
    lines: dict[str, OrderedLine]
    #: any name of a parcel (the shop's id, "#" + tracking number) -> the one id it is known by
    names: dict[str, str]
    #: tracking number -> return whose goods that parcel brings back
    return_numbers: dict[str, str]
    refunded_returns: frozenset[str]  #: returns that have a refund fact of their own
    exchanged_returns: frozenset[str]  #: returns that have a replacement parcel of their own
    undone: dict[tuple[str, Stage], int]  #: (parcel, stage) -> how many such scans were retracted
    waiting: dict[str, Waiting]
    parcels: dict[str, DraftParcel] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)
    returns: dict[str, DraftReturn] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    promise: Promise | None = None
    paid: bool = False
    held: str | None = None
    cancelled: bool = False
    status: Status = Status.PLACED
    status_since: datetime | None = None
    milestones: dict[tuple[Told, str, str], Milestone] = field(default_factory=dict)

    def reach(
        self, code: Told, subject: str, revision: str, *, at: datetime, fact: str
    ) -> None:
        """Note a milestone; the first fact that reaches it stays its cause."""
        milestone = Milestone(code, subject, revision[:255], at, fact)
        self.milestones.setdefault(milestone.key, milestone)
