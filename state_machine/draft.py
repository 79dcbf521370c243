"""The belief while it is being worked out: mutable, private to one run of the fold."""

from dataclasses import dataclass, field
from datetime import datetime

from state_machine.events import MAX_ID, OrderedLine, OrderKey, PickupPoint, Units
from state_machine.lifecycle import How, Stage
from state_machine.manifest import Manifest
from state_machine.milestones import ANEW, SAME_HAPPENING, Milestone, MilestoneKey, Told, day
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
    nearby: tuple[PickupPoint, ...] = ()
    pickup_code: str | None = None
    keep_until: datetime | None = None
    reminded_of: set[datetime] = field(default_factory=set)  #: ends of waiting
    exchange_for: str | None = None
    loads: list[str] = field(default_factory=list)

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
        """The stage of the parcel of which the least can be claimed: units are nowhere further."""
        if len(self.parcels) == 1:
            return self.parcels[0].stage or Stage.ANNOUNCED
        stages = [parcel.stage or Stage.ANNOUNCED for parcel in self.parcels]
        live = [stage for stage in stages if stage is not Stage.CANCELLED]
        return min(live, key=claim) if live else Stage.CANCELLED


def claim(stage: Stage) -> int:
    """How much a stage claims of the units in it: delivered, beside a lost one, claims the most."""
    return Stage.LOST.step + 1 if stage is Stage.DELIVERED else stage.step


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
    cancelled: int = 0  #: of those that had not left the shop when it was said


@dataclass(slots=True)
class Tally:
    """Where the units of one line are; the counts add up to the line's quantity."""

    quantity: int
    free: int  #: in no parcel and not cancelled
    cancelled: int = 0
    stages: dict[Stage, int] = field(default_factory=dict)  #: units in parcels, by their stage
    shipped: int = 0  #: units that have left the shop
    returned: int = 0  #: of the delivered ones

    @property
    def delivered(self) -> int:
        """Units that reached the recipient, those that came back included."""
        return self.stages.get(Stage.DELIVERED, 0)

    @property
    def inside(self) -> int:
        """Units that have not left the shop, packed and labelled ones included."""
        return self.free + self.stages.get(Stage.ANNOUNCED, 0)


@dataclass(slots=True)
class Draft:
    """An order being worked out."""

    key: OrderKey
    number: str
    placed_at: datetime
    lines: dict[str, OrderedLine]
    nameless: bool  #: the shop states no lines: the order is followed as if it were one unit
    manifest: Manifest
    refunded_returns: frozenset[str]  #: returns that have a refund fact of their own
    exchanged_returns: frozenset[str]  #: returns that have a replacement parcel of their own
    undone: dict[str, int]  #: subject of milestones -> how many facts about it were retracted
    waiting: dict[str, Waiting]
    tallies: dict[str, Tally] = field(default_factory=dict)  #: up to the last fact applied
    skipped: bool = False  #: the fact being replayed left scans out
    still: bool = False  #: the fact being replayed moved no unit
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
    milestones: dict[MilestoneKey, Milestone] = field(default_factory=dict)
    #: what is named by its day, without the day -> the milestone's key, and when it was last said
    latest: dict[MilestoneKey, tuple[MilestoneKey, datetime]] = field(default_factory=dict)

    def reach(self, code: Told, subject: str, revision: str, *, at: datetime, fact: str) -> bool:
        """Note a milestone; the first fact that reaches it stays its cause. Tell if it is new.

        What was retracted may have been told and corrected. What is reached after that, or reached
        again, is a happening of its own, so the retractions count in the revision.
        """
        key = self._key(code, subject, revision)
        if key in self.milestones:
            return False
        self.milestones[key] = Milestone(*key, at, fact)
        return True

    def reach_on_day(
        self, code: Told, subject: str, content: str, *, at: datetime, fact: str, anew: bool = True
    ) -> bool:
        """Note a milestone that may be reached again on another day; tell if it is new.

        Said again within hours it is the same happening, on whichever side of midnight. Without
        ``anew`` it can be nothing else: later than that it is not noted at all.
        """
        revision = f"{content}:{day(at)}" if content else day(at)
        key, said = self.latest.get((code, subject, content), (None, at))
        if key is None or at - said > SAME_HAPPENING:
            if not anew:
                return False
            key = self._key(code, subject, revision)
        self.latest[code, subject, content] = (key, at)
        known = self.milestones.get(key)
        if known is None:
            self.milestones[key] = Milestone(*key, at, fact)
        elif revision not in (known.revision.partition(ANEW)[0], *known.also):
            self.milestones[key] = known._replace(also=(*known.also, revision))
        return known is None

    def _key(self, code: Told, subject: str, revision: str) -> MilestoneKey:
        undone = self.undone.get(subject)
        anew = f"{ANEW}{undone}" if undone else ""
        return (code, subject, revision[: MAX_ID - len(anew)] + anew)
