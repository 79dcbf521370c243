"""What is in a parcel's way, and what is out of it again: what such facts do to the belief."""

from state_machine.draft import Draft, DraftParcel
from state_machine.events import Event, ProblemReported, ProblemResolved
from state_machine.lifecycle import Stage
from state_machine.milestones import Told
from state_machine.order import Problem
from state_machine.parcel_steps import BRINGS_BACK, NO_PARCEL, day, find, known
from state_machine.problems import Reason

LATE = frozenset({Reason.DELAYED, Reason.WEATHER})  #: problems that are told as a delay


def problem(draft: Draft, event: Event, what: ProblemReported) -> str | None:
    """Something is in the parcel's way."""
    if draft.manifest.return_of(what.parcel) is not None:
        return BRINGS_BACK
    parcel = find(draft, what.parcel)
    if parcel.stage is None:
        parcel.stage, parcel.since = Stage.ANNOUNCED, event.occurred_at
    if parcel.stage.final and what.reason is not Reason.DAMAGED:
        return f"the parcel is already {parcel.stage}"
    blame = what.reason.blame if what.blame is None else what.blame
    act = what.reason.action_required if what.action_required is None else what.action_required
    standing = parcel.problem
    same = standing and (standing.reason, standing.action_required) == (what.reason, act)
    if not same:
        parcel.problem = Problem(what.reason, blame, act, event.occurred_at)
        parcel.problem_step = parcel.stage.step
    # The same trouble, said again, is no news; another attempt that failed is.
    if not same or what.reason is Reason.ATTEMPT_FAILED:
        _tell(draft, parcel, event, what.reason, act=act)
    return None


def _tell(draft: Draft, parcel: DraftParcel, event: Event, reason: Reason, *, act: bool) -> None:
    at, fact, on = event.occurred_at, event.id, day(event.occurred_at)
    if reason is Reason.ATTEMPT_FAILED:
        draft.reach(Told.DELIVERY_ATTEMPT_FAILED, parcel.subject, on, at=at, fact=fact)
    elif reason is Reason.DAMAGED:
        draft.reach(Told.LOST_OR_DAMAGED, parcel.subject, str(reason), at=at, fact=fact)
    elif act:
        draft.reach(Told.ACTION_REQUIRED, parcel.subject, f"{reason}:{on}", at=at, fact=fact)
    elif reason in LATE:
        draft.reach(Told.DELAYED, parcel.subject, f"{reason}:{on}", at=at, fact=fact)


def resolved(draft: Draft, event: Event, what: ProblemResolved) -> str | None:
    """What was in the way is out of the way."""
    parcel = known(draft, what.parcel)
    if parcel is None:
        return NO_PARCEL
    if parcel.problem is None:
        return "no problem was open"
    parcel.problem = None
    return None
