"""What is in a parcel's way, and what is out of it again: what such facts do to the belief."""

from state_machine.draft import Draft, DraftParcel
from state_machine.events import Event, ProblemReported, ProblemResolved
from state_machine.lifecycle import Stage
from state_machine.milestones import Told
from state_machine.order import Problem
from state_machine.parcel_steps import BRINGS_BACK, NO_PARCEL, find, known
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
    parcel.nearby = what.nearby or parcel.nearby
    # The same trouble, said again, is no news; another attempt that failed is.
    anew = not same or what.reason is Reason.ATTEMPT_FAILED
    new = _tell(draft, parcel, event, what.reason, act=act, anew=anew)
    return None if new or not same else f"says again what is in the way: {what.reason}"


def _tell(
    draft: Draft, parcel: DraftParcel, event: Event, reason: Reason, *, act: bool, anew: bool
) -> bool:
    at, fact, subject = event.occurred_at, event.id, parcel.subject
    if reason is Reason.DAMAGED:
        return draft.reach(Told.LOST_OR_DAMAGED, subject, str(reason), at=at, fact=fact)
    if reason is Reason.ATTEMPT_FAILED:
        code, content = Told.DELIVERY_ATTEMPT_FAILED, ""
    elif act:
        code, content = Told.ACTION_REQUIRED, str(reason)
    elif reason in LATE:
        code, content = Told.DELAYED, str(reason)
    else:
        return False
    return draft.reach_on_day(code, subject, content, at=at, fact=fact, anew=anew)


def resolved(draft: Draft, event: Event, what: ProblemResolved) -> str | None:
    """What was in the way is out of the way."""
    parcel = known(draft, what.parcel)
    if parcel is None:
        return NO_PARCEL
    if parcel.problem is None:
        return "no problem was open"
    parcel.problem = None
    return None
