"""The difference between two beliefs: the only reason to tell anyone anything."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from state_machine.milestones import ANEW, Milestone, Told
from state_machine.milestones import MilestoneKey as Key
from state_machine.order import Belief


class Change(NamedTuple):
    """One thing that is new, or that turned out to be wrong."""

    milestone: Milestone
    corrects: Key | None = None  #: the milestone that does not hold any more
    silent: str | None = None  #: why nobody is to be told; None: tell


def changes(before: Iterable[Key], after: Belief) -> tuple[Change, ...]:
    """Compare what had been reached with what is reached now.

    In: the milestone keys of the former belief (none for a new order) and the belief now. Out: what
    is new, each with the reason if it is no news any more; before that, a correction for every
    milestone that was reached before and is not now. Equal beliefs have no changes.
    """
    former = tuple(before)
    if after.keys[: len(former)] == former:  # all that was reached still is; what is new comes last
        new = after.milestones[len(former) :]
        return tuple([Change(m, silent=_silent(m, after, ())) for m in new])
    known = set(former)
    reached = dict(zip(after.keys, after.milestones, strict=True))
    new = tuple(milestone for key, milestone in reached.items() if key not in known)
    gone = sorted(key for key in known if key not in reached)
    names = {f"parcel:{was}": f"parcel:{now}" for was, now in after.former_names}
    replaced = defaultdict(list)
    for key in gone:
        replaced[_family(key, names)].append(key)
    fresh = {_family(milestone.key, names) for milestone in new}
    told = [Change(m, silent=_silent(m, after, replaced[_family(m.key, {})])) for m in new]
    same = {(m.code, m.subject, revision) for m in after.milestones for revision in m.also}
    wrong = [
        _correction(key, after, names)
        for key in gone
        if _family(key, names) not in fresh and _content(key, names) not in same
    ]
    # Who was told the wrong thing reads that it is taken back, and then what holds instead.
    return (*wrong, *told)


def _family(key: Key, names: Mapping[str, str]) -> tuple[str, str]:
    code, subject, _ = key
    return (code.family, names.get(subject, subject))


def _content(key: Key, names: Mapping[str, str]) -> Key:
    code, subject, revision = key
    return (code, names.get(subject, subject), revision.partition(ANEW)[0])


def _silent(milestone: Milestone, after: Belief, replaced: Sequence[Key]) -> str | None:
    if replaced and any(_same_words(milestone, key) for key in replaced):
        return "already told in other words"
    code, subject = milestone.code, milestone.subject
    if code.rung:
        same = [one for one in after.milestones if one.code is code and one.subject == subject]
        if max(one.occurred_at for one in same) > milestone.occurred_at:
            return "no news any more: the same happened again later"
    return _no_news(code, subject, after)


def _same_words(new: Milestone, gone: Key) -> bool:
    """Whether who was told ``gone`` knows ``new`` by it: another date is news."""
    content, former = (revision.partition(ANEW)[0] for revision in (new.revision, gone[2]))
    same = not content or not former or former in (content, *new.also)
    return new.code is not gone[0] or same


def _no_news(code: Told, subject: str, after: Belief) -> str | None:
    """Say which milestone leaves the reader no use for this one, if there is one."""
    if not code.rung:
        return None
    others = [other.code for other in after.milestones if other.subject == subject]
    furthest = max(others, key=lambda other: other.rung, default=code)
    return f"no news any more: {furthest}" if furthest.rung > code.rung else None


def _correction(key: Key, after: Belief, names: Mapping[str, str]) -> Change:
    code, subject, revision = key
    subject = names.get(subject, subject)
    milestone = Milestone(
        Told.CORRECTION, subject, f"{code}:{revision}"[:255], after.order.status_since, ""
    )
    return Change(milestone, corrects=key, silent=_no_news(code, subject, after))
