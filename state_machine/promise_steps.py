"""A delivery window is promised, moved or broken: what such facts do to the belief."""

from dataclasses import replace

from state_machine.draft import Draft, DraftParcel
from state_machine.events import Event, PromiseBroken, PromiseMade
from state_machine.milestones import Told, day
from state_machine.order import Problem, Promise
from state_machine.parcel_steps import BRINGS_BACK, NO_PARCEL, find, known
from state_machine.problems import Blame, Reason
from state_machine.promises import DUE, GRACE, waits


def promised(draft: Draft, event: Event, what: PromiseMade) -> str | None:
    """A delivery window was promised, or moved."""
    owner: Draft | DraftParcel = draft
    if what.parcel is not None:
        if draft.manifest.return_of(what.parcel) is not None:
            return BRINGS_BACK
        owner = find(draft, what.parcel)
        if owner.stage is not None and owner.stage.final:
            return f"the parcel is already {owner.stage}"
    told = owner.promise
    if told is not None and (told.latest, told.earliest) == (what.latest, what.earliest):
        return "says again what is promised"
    revision = told.revision + 1 if told else 1
    # A window that lies behind us when it is promised, or promised again, cannot break any more.
    stale = what.latest + GRACE < event.occurred_at
    owner.promise = Promise(
        what.latest, what.earliest, revision, stale, told.latest if told else None
    )
    if told is not None and day(what.latest) > day(told.latest):
        _tell_delay(draft, owner, event, f"until:{day(what.latest)}")
    return None


def broken(draft: Draft, event: Event, what: PromiseBroken) -> str | None:
    """Time passed a promise."""
    owner = draft if what.parcel is None else known(draft, what.parcel)
    if owner is None:
        return NO_PARCEL
    if owner.promise is None or owner.promise.latest != what.latest:
        return "another promise holds now"
    if isinstance(owner, DraftParcel):
        if owner.stage is not None and not waits(owner.stage):
            return f"the parcel is already {owner.stage}"
        late = Problem(Reason.DELAYED, Blame.UNKNOWN, False, event.occurred_at)
        owner.problem = owner.problem or late
    owner.promise = replace(owner.promise, broken=True)
    if isinstance(owner, DraftParcel) or owner.status in DUE:
        _tell_delay(draft, owner, event, f"broken:{day(what.latest)}")
    return None


def _tell_delay(draft: Draft, owner: Draft | DraftParcel, event: Event, revision: str) -> None:
    subject = owner.subject if isinstance(owner, DraftParcel) else "order"
    draft.reach(Told.DELAYED, subject, revision, at=event.occurred_at, fact=event.id)
