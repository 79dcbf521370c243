"""The difference between two beliefs: the only reason to tell anyone anything."""

from collections.abc import Iterable
from dataclasses import dataclass

from state_machine.milestones import Milestone, Told
from state_machine.order import Belief

Key = tuple[Told, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is new, or that turned out to be wrong."""

    milestone: Milestone
    corrects: Key | None = None  #: the milestone that does not hold any more
    silent: str | None = None  #: why nobody is to be told; None: tell


def changes(before: Iterable[Key], after: Belief) -> tuple[Change, ...]:
    """Compare what had been reached with what is reached now.

    In: the milestone keys of the former belief (none for a new order) and the belief now. Out: what
    is new, each with the reason if it is no news any more, and a correction for every milestone
    that was reached before and is not now. Equal beliefs have no changes.
    """
    known = set(before)
    reached = {milestone.key: milestone for milestone in after.milestones}
    new = [milestone for key, milestone in reached.items() if key not in known]
    gone = [key for key in known if key not in reached]
    replaced = {_family(key) for key in gone}
    fresh = {_family(milestone.key) for milestone in new}
    told = [Change(m, silent=_silent(m, after, replaced)) for m in new]
    wrong = [_correction(key, after) for key in sorted(gone) if _family(key) not in fresh]
    return (*told, *wrong)


def _family(key: Key) -> tuple[str, str]:
    return (key[0].family, key[1])


def _silent(milestone: Milestone, after: Belief, replaced: set[tuple[str, str]]) -> str | None:
    if _family(milestone.key) in replaced:
        return "already told in other words"
    rung = milestone.code.rung
    further = [
        other
        for other in after.milestones
        if rung and other.subject == milestone.subject and other.code.rung > rung
    ]
    if further:
        return f"no news any more: {max(further, key=lambda m: m.code.rung).code}"
    return None


def _correction(key: Key, after: Belief) -> Change:
    code, subject, revision = key
    milestone = Milestone(
        Told.CORRECTION,
        subject,
        f"{code}:{revision}"[:255],
        after.order.status_since,
        "",
    )
    return Change(milestone, corrects=key)
