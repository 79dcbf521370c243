"""What each fact about a parcel does to the belief."""

from datetime import datetime

from state_machine.draft import Draft, DraftParcel, Load
from state_machine.events import (
    Event,
    ParcelAnnounced,
    ParcelRef,
    ParcelScanned,
    ParcelSeen,
    PickupDue,
    ProblemReported,
    ProblemResolved,
    PromiseBroken,
    PromiseMade,
)
from state_machine.lifecycle import MEANS, NEXT, ROADS, Stage
from state_machine.milestones import Told
from state_machine.order import Problem, Promise
from state_machine.problems import Blame, Reason
from state_machine.return_steps import move_return
from state_machine.returns import ReturnStage
from state_machine.rollup import tally

#: what a step answers: None when it was applied, else why it changed nothing
Refused = str | None

LATE = frozenset({Reason.DELAYED, Reason.WEATHER})  #: problems that are told as a delay
ONCE = {  #: stages that are told once for a parcel's life
    Stage.IN_TRANSIT: Told.FIRST_IN_TRANSIT,
    Stage.READY_FOR_PICKUP: Told.READY_FOR_PICKUP,
    Stage.DELIVERED: Told.DELIVERED,
    Stage.RETURNING_TO_SENDER: Told.RETURNING_TO_SENDER,
}


def parcel_name(ref: ParcelRef) -> str:
    """Return the name a parcel goes by before anything else is known of it."""
    return ref.id if ref.id is not None else f"#{ref.number or ''}"


def resolve_name(names: dict[str, str], ref: ParcelRef) -> str:
    """Return the one name of the parcel that ``ref`` speaks of."""
    by_number = names.get(f"#{ref.number}") if ref.number else None
    return names.get(parcel_name(ref)) or by_number or parcel_name(ref)


def resolve(draft: Draft, ref: ParcelRef) -> str:
    """Return the one name of the parcel that ``ref`` speaks of, in this order."""
    return resolve_name(draft.names, ref)


def find(draft: Draft, ref: ParcelRef) -> DraftParcel:
    """Return the parcel a fact speaks of; the first fact of a parcel opens it."""
    name = resolve(draft, ref)
    parcel = draft.parcels.get(name)
    if parcel is None:
        parcel = DraftParcel(name.removeprefix("#"), load=name)
        draft.parcels[name] = parcel
        # Nobody has said what is in it: its content is unknown until the shop names the parcel.
        draft.loads[name] = Load(None, [parcel])
    parcel.number = parcel.number or ref.number
    parcel.carrier = parcel.carrier or ref.carrier
    return parcel


def announced(draft: Draft, event: Event, what: ParcelAnnounced) -> Refused:
    """The shop names a parcel."""
    if what.returns is not None:
        return None  # the goods of a return; its scans move the return, not the order's units
    parcel = find(draft, what.parcel)
    parcel.number = what.parcel.number or parcel.number
    parcel.carrier = what.parcel.carrier or parcel.carrier
    parcel.url = what.url or parcel.url
    parcel.exchange_for = what.exchange_for or parcel.exchange_for
    _load(draft, parcel, what)
    stage = Stage.HANDED_OVER if what.trusted else Stage.ANNOUNCED
    if parcel.stage is None or (stage is Stage.HANDED_OVER and parcel.stage is Stage.ANNOUNCED):
        _arrive(draft, parcel, stage, event)
    return None


def _load(draft: Draft, parcel: DraftParcel, what: ParcelAnnounced) -> None:
    if parcel.exchange_for is not None:
        draft.loads.pop(parcel.load, None)  # replacements are not units of the order
        return
    name = what.load or parcel_name(what.parcel)
    guessed = draft.loads.get(parcel.load)
    if parcel.load != name and guessed is not None and guessed.units is None:
        del draft.loads[parcel.load]
    load = draft.loads.setdefault(name, Load(None, []))
    if parcel not in load.parcels:
        load.parcels.append(parcel)
    load.units = what.units if what.units is not None else load.units
    parcel.load = name


def scanned(draft: Draft, event: Event, what: ParcelScanned) -> Refused:
    """The carrier saw the parcel."""
    back = draft.return_numbers.get(what.parcel.number or "")
    if back is not None:
        if not what.stage.shipped:
            return "the return parcel has not set out"
        return move_return(draft, event, back, ReturnStage.IN_TRANSIT)
    parcel = find(draft, what.parcel)
    now = parcel.stage
    stage = what.stage if now is None else MEANS.get((now, what.stage), what.stage)
    known = now is None or stage is now or stage in NEXT[now] or stage in ROADS[now]
    if now is not None and not known:
        return f"a {what.stage} scan does not follow {now}"
    _details(parcel, what)
    if stage.step >= parcel.problem_step:
        parcel.problem = None
    if stage is now:
        if stage is Stage.OUT_FOR_DELIVERY:
            _tell_stage(draft, parcel, stage, event)
        return None
    _arrive(draft, parcel, stage, event)
    return None


def was_skipped(before: Stage | None, after: Stage | None) -> bool:
    """Whether a parcel came from ``before`` to ``after`` by a road with scans missing."""
    if before is None or after is None or before is after:
        return False
    return after not in NEXT[before]


def _details(parcel: DraftParcel, what: ParcelScanned) -> None:
    parcel.place = what.place or parcel.place
    parcel.how = what.how or parcel.how
    parcel.pickup_point = what.pickup_point or parcel.pickup_point
    parcel.pickup_code = what.pickup_code or parcel.pickup_code
    parcel.keep_until = what.keep_until or parcel.keep_until


def _arrive(draft: Draft, parcel: DraftParcel, stage: Stage, event: Event) -> None:
    left_the_shop = stage.shipped and not (parcel.stage and parcel.stage.shipped)
    parcel.stage, parcel.since = stage, event.occurred_at
    if left_the_shop:
        _tell_shipped(draft, parcel, event)
    _tell_stage(draft, parcel, stage, event)


def _tell_shipped(draft: Draft, parcel: DraftParcel, event: Event) -> None:
    if parcel.exchange_for is not None:
        subject, code = f"return:{parcel.exchange_for}", Told.EXCHANGE_SHIPPED
    else:
        subject = parcel.subject
        code = Told.SHIPPED if all_shipped(draft) else Told.PARTIALLY_SHIPPED
    draft.reach(code, subject, "", at=event.occurred_at, fact=event.id)


def all_shipped(draft: Draft) -> bool:
    """Whether no unit that is still wanted waits in the shop."""
    return all(
        place.shipped == place.quantity - place.cancelled for place in tally(draft).values()
    )


def _tell_stage(draft: Draft, parcel: DraftParcel, stage: Stage, event: Event) -> None:
    at, fact = event.occurred_at, event.id
    if stage is Stage.OUT_FOR_DELIVERY:  # may happen again on another day
        draft.reach(Told.OUT_FOR_DELIVERY, parcel.subject, _day(at), at=at, fact=fact)
    elif stage in (Stage.LOST, Stage.DISPOSED):
        draft.reach(Told.LOST_OR_DAMAGED, parcel.subject, str(stage), at=at, fact=fact)
    elif stage in ONCE:
        # A scan that was retracted may have been told and corrected; the true one is told anew.
        undone = draft.undone.get((parcel.id, stage), 0)
        revision = str(undone) if undone else ""
        draft.reach(ONCE[stage], parcel.subject, revision, at=at, fact=fact)


def seen(draft: Draft, event: Event, what: ParcelSeen) -> Refused:
    """A sign of life; what it says of the parcel's names is kept by ``find``."""
    return "a sign of life, no progress"


def problem(draft: Draft, event: Event, what: ProblemReported) -> Refused:
    """Something is in the parcel's way."""
    parcel = find(draft, what.parcel)
    if parcel.stage is None:
        parcel.stage, parcel.since = Stage.ANNOUNCED, event.occurred_at
    if parcel.stage.final and what.reason is not Reason.DAMAGED:
        return f"the parcel is already {parcel.stage}"
    blame = what.reason.blame if what.blame is None else what.blame
    act = what.reason.action_required if what.action_required is None else what.action_required
    standing = parcel.problem
    if standing and (standing.reason, standing.action_required) == (what.reason, act):
        return None  # the same trouble, said again
    parcel.problem = Problem(what.reason, blame, act, event.occurred_at)
    parcel.problem_step = parcel.stage.step
    _tell_problem(draft, parcel, event, what.reason, act=act)
    return None


def _tell_problem(
    draft: Draft, parcel: DraftParcel, event: Event, reason: Reason, *, act: bool
) -> None:
    at, fact, day = event.occurred_at, event.id, _day(event.occurred_at)
    if reason is Reason.ATTEMPT_FAILED:
        draft.reach(Told.DELIVERY_ATTEMPT_FAILED, parcel.subject, day, at=at, fact=fact)
    elif reason is Reason.DAMAGED:
        draft.reach(Told.LOST_OR_DAMAGED, parcel.subject, str(reason), at=at, fact=fact)
    elif act:
        draft.reach(Told.ACTION_REQUIRED, parcel.subject, f"{reason}:{day}", at=at, fact=fact)
    elif reason in LATE:
        draft.reach(Told.DELAYED, parcel.subject, f"{reason}:{day}", at=at, fact=fact)


def resolved(draft: Draft, event: Event, what: ProblemResolved) -> Refused:
    """What was in the way is out of the way."""
    parcel = find(draft, what.parcel)
    if parcel.problem is None:
        return "no problem was open"
    parcel.problem = None
    return None


def promised(draft: Draft, event: Event, what: PromiseMade) -> Refused:
    """A delivery window was promised, or moved."""
    owner: Draft | DraftParcel = draft if what.parcel is None else find(draft, what.parcel)
    if isinstance(owner, DraftParcel) and owner.stage is not None and owner.stage.final:
        return f"the parcel is already {owner.stage}"
    told = owner.promise
    if told is not None and (told.latest, told.earliest) == (what.latest, what.earliest):
        return None
    revision = told.revision + 1 if told else 1
    owner.promise = Promise(what.latest, what.earliest, revision)
    if told is not None and what.latest.date() > told.latest.date():
        _tell_delay(draft, owner, event, f"until:{_day(what.latest)}")
    return None


def broken(draft: Draft, event: Event, what: PromiseBroken) -> Refused:
    """Time passed a promise."""
    owner: Draft | DraftParcel = draft if what.parcel is None else find(draft, what.parcel)
    if owner.promise is None or owner.promise.latest != what.latest:
        return "another promise holds now"
    if isinstance(owner, DraftParcel):
        if owner.stage is not None and (owner.stage.final or owner.stage.step >= 5):
            return f"the parcel is already {owner.stage}"
        late = Problem(Reason.DELAYED, Blame.UNKNOWN, False, event.occurred_at)
        owner.problem = owner.problem or late
    owner.promise = Promise(what.latest, owner.promise.earliest, owner.promise.revision, True)
    _tell_delay(draft, owner, event, f"broken:{_day(what.latest)}")
    return None


def _tell_delay(draft: Draft, owner: Draft | DraftParcel, event: Event, revision: str) -> None:
    subject = owner.subject if isinstance(owner, DraftParcel) else "order"
    draft.reach(Told.DELAYED, subject, revision, at=event.occurred_at, fact=event.id)


def pickup_due(draft: Draft, event: Event, what: PickupDue) -> Refused:
    """The time to collect is running out."""
    parcel = find(draft, what.parcel)
    if parcel.stage is not Stage.READY_FOR_PICKUP or parcel.keep_until != what.keep_until:
        return "the parcel does not wait for this pickup any more"
    parcel.reminded = True
    draft.reach(
        Told.PICKUP_REMINDER,
        parcel.subject,
        _day(what.keep_until),
        at=event.occurred_at,
        fact=event.id,
    )
    return None


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
