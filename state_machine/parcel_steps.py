"""What each fact about a parcel's way does to the belief."""

from state_machine.draft import Draft, DraftParcel, Load
from state_machine.events import (
    Event,
    ParcelAnnounced,
    ParcelRef,
    ParcelScanned,
    ParcelSeen,
    PickupDue,
)
from state_machine.lifecycle import MEANS, NEXT, ROADS, Stage
from state_machine.milestones import Told, day
from state_machine.return_steps import move_return
from state_machine.returns import ReturnStage
from state_machine.rollup import tally

#: what a step answers: None when it was applied, else why it changed nothing
Refused = str | None

BRINGS_BACK = "the parcel brings the goods of a return back"
NO_PARCEL = "nobody has spoken of this parcel before"

#: what a scan may say beside the stage
DETAILS = ("place", "how", "pickup_point", "pickup_code", "keep_until")

TELLS = {
    Stage.IN_TRANSIT: Told.FIRST_IN_TRANSIT,
    Stage.OUT_FOR_DELIVERY: Told.OUT_FOR_DELIVERY,
    Stage.READY_FOR_PICKUP: Told.READY_FOR_PICKUP,
    Stage.DELIVERED: Told.DELIVERED,
    Stage.RETURNING_TO_SENDER: Told.RETURNING_TO_SENDER,
    Stage.RETURNED_TO_SENDER: Told.RETURNING_TO_SENDER,
    Stage.LOST: Told.LOST_OR_DAMAGED,
    Stage.DISPOSED: Told.LOST_OR_DAMAGED,
}


def known(draft: Draft, ref: ParcelRef) -> DraftParcel | None:
    """Return the parcel a fact speaks of, if any fact opened it."""
    return draft.parcels.get(draft.manifest.name_of(ref))


def find(draft: Draft, ref: ParcelRef) -> DraftParcel:
    """Return the parcel a fact speaks of; the first fact of a parcel opens it."""
    name = draft.manifest.name_of(ref)
    parcel = draft.parcels.get(name)
    if parcel is None:
        parcel = _open(draft, name)
    parcel.number = parcel.number or ref.number
    parcel.carrier = parcel.carrier or ref.carrier
    return parcel


def _open(draft: Draft, name: str) -> DraftParcel:
    replaces = draft.manifest.replaces.get(name)
    parcel = DraftParcel(name, exchange_for=replaces)
    draft.parcels[name] = parcel
    if replaces is not None:
        return parcel  # replacements are not units of the order
    # Content nobody has stated is not known: such a parcel is a load of its own.
    parcel.loads = draft.manifest.loads.get(name) or [name]
    for load in parcel.loads:
        if load not in draft.loads:
            draft.loads[load] = Load(draft.manifest.contents.get(load))
        draft.loads[load].parcels.append(parcel)
    return parcel


def announced(draft: Draft, event: Event, what: ParcelAnnounced) -> Refused:
    """The shop names a parcel; what is in it was read before the replay began."""
    if draft.manifest.return_of(what.parcel) is not None:
        return None  # the goods of a return; its scans move the return, not the order's units
    parcel = find(draft, what.parcel)
    parcel.number = what.parcel.number or parcel.number
    parcel.carrier = what.parcel.carrier or parcel.carrier
    parcel.url = what.url or parcel.url
    stage = Stage.HANDED_OVER if what.trusted else Stage.ANNOUNCED
    if parcel.stage is None or (what.trusted and parcel.stage is Stage.ANNOUNCED):
        _arrive(draft, parcel, stage, event)
    return None


def scanned(draft: Draft, event: Event, what: ParcelScanned) -> Refused:
    """The carrier saw the parcel."""
    back = draft.manifest.return_of(what.parcel)
    if back is not None:
        if not what.stage.shipped:
            return "the return parcel has not set out"
        return move_return(draft, event, back, ReturnStage.IN_TRANSIT)
    parcel = find(draft, what.parcel)
    now = parcel.stage
    stage = what.stage if now is None else MEANS.get((now, what.stage), what.stage)
    if now is not None and stage is not now and stage not in ROADS[now]:
        return f"{what.stage} does not follow {now}"
    draft.skipped = now is not None and stage is not now and stage not in NEXT[now]
    new = _details(parcel, what)
    if parcel.problem is not None and stage.step >= parcel.problem_step:
        parcel.problem, new = None, True
    draft.still = stage is now
    if stage is not now:
        _arrive(draft, parcel, stage, event)
        return None
    if stage is Stage.OUT_FOR_DELIVERY and _tell_stage(draft, parcel, stage, event):
        return None
    return None if new else f"says again that the parcel is {stage}"


def _details(parcel: DraftParcel, what: ParcelScanned) -> bool:
    """Take over what a scan says beside the stage; tell if any of it is new."""
    new = False
    for name in DETAILS:
        said = getattr(what, name)
        if said and said != getattr(parcel, name):
            setattr(parcel, name, said)
            new = True
    return new


def _arrive(draft: Draft, parcel: DraftParcel, stage: Stage, event: Event) -> None:
    left_the_shop = stage.shipped and not (parcel.stage and parcel.stage.shipped)
    parcel.stage, parcel.since = stage, event.occurred_at
    if left_the_shop:
        _tell_shipped(draft, parcel, event)
    _tell_stage(draft, parcel, stage, event)


def _tell_shipped(draft: Draft, parcel: DraftParcel, event: Event) -> None:
    at, fact = event.occurred_at, event.id
    if parcel.exchange_for is not None:
        subject = f"return:{parcel.exchange_for}"
        draft.reach(Told.EXCHANGE_SHIPPED, subject, "", at=at, fact=fact)
        return
    code = Told.SHIPPED if all_shipped(draft) else Told.PARTIALLY_SHIPPED
    draft.reach(code, parcel.subject, "", at=at, fact=fact)


def all_shipped(draft: Draft) -> bool:
    """Whether no unit that is still wanted waits in the shop."""
    return not any(place.inside for place in tally(draft).values())


def _tell_stage(draft: Draft, parcel: DraftParcel, stage: Stage, event: Event) -> bool:
    code = TELLS.get(stage)
    if code is None:
        return False
    at, fact = event.occurred_at, event.id
    if code is Told.OUT_FOR_DELIVERY:
        return draft.reach_on_day(code, parcel.subject, "", at=at, fact=fact)
    content = str(stage) if code is Told.LOST_OR_DAMAGED else ""
    return draft.reach(code, parcel.subject, content, at=at, fact=fact)


def seen(draft: Draft, event: Event, what: ParcelSeen) -> Refused:
    """A sign of life; fresh, and nothing more."""
    return "a sign of life, no progress"


def pickup_due(draft: Draft, event: Event, what: PickupDue) -> Refused:
    """The time to collect is running out."""
    parcel = known(draft, what.parcel)
    if parcel is None:
        return NO_PARCEL
    if parcel.stage is not Stage.READY_FOR_PICKUP:
        return f"the parcel is already {parcel.stage}"
    parcel.reminded_of.add(what.keep_until)
    if parcel.keep_until is not None and parcel.keep_until > what.keep_until:
        return "the parcel waits longer than that"
    revision = day(what.keep_until)
    at, fact = event.occurred_at, event.id
    draft.reach(Told.PICKUP_REMINDER, parcel.subject, revision, at=at, fact=fact)
    return None
