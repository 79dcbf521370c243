"""Why a notice that was worth telling is not told after all: what happened since says it better."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from hub.config import Settings
from state_machine.events import Clarity
from state_machine.milestones import Told, Urgency

WITHDRAWN = "withdrawn"
DAY = timedelta(days=1)
Key = tuple[str, str, str]  #: milestone, subject, revision


def told_of(code: str) -> Told | None:
    """Return the row of the milestones for a code; None for one this version does not know."""
    try:
        return Told(code)
    except ValueError:
        return None


def urgent(code: str) -> bool:
    """Say whether a milestone asks for something to be done today."""
    told = told_of(code)
    return told is not None and told.urgency is Urgency.CRITICAL


def too_old(row: Any, settings: Settings, now: datetime) -> str | None:
    """Say that what happened is no news any more; None if it is.

    A correction is as new as the day it reached us, however old the state it goes back to. What is
    known by its day alone may have happened at the end of it.
    """
    happened = row.received_at if row.milestone == Told.CORRECTION else row.occurred_at
    age, limit = now - happened, timedelta(hours=settings.news_age_hours)
    if age <= limit or (age <= limit + DAY and _by_day(row)):
        return None
    return f"too old: happened {happened:%Y-%m-%d %H:%M} UTC"


def _by_day(row: Any) -> bool:
    try:
        return bool(orjson.loads(row.change).get("clarity") == Clarity.DATE_ONLY)
    except (ValueError, AttributeError):
        return False


def corrected(story: Iterable[Any]) -> set[Key]:
    """Return the milestones of an order that were told and do not hold any more."""
    found = set()
    for row in story:
        if row.milestone == Told.CORRECTION and (wrong := what_was_wrong(row)) is not None:
            found.add(wrong)
    return found


def what_was_wrong(row: Any) -> Key | None:
    """Return the milestone that an outbox row of a correction takes back."""
    try:
        wrong = orjson.loads(row.change)["corrects"]
        return (wrong["milestone"], wrong["subject"], wrong["revision"])
    except (ValueError, TypeError, KeyError):
        return None


def superseded(row: Any, story: Sequence[Any], told: Sequence[Any]) -> str | None:
    """Say what makes a notice to a customer pointless; None if it is not.

    In: the notice, the milestones of its order, and the notices somebody has or may have. A higher
    rung of the same parcel or return, or the same thing told in other words; both only as long as
    they have not been taken back themselves.
    """
    own = told_of(row.milestone)
    if own is None:
        return None
    wrong = corrected(story)
    for other in story:
        code = told_of(other.milestone)
        if code is None or other.silent is not None or other.subject != row.subject:
            continue
        if own.rung and code.rung > own.rung and _key(other) not in wrong:
            return f"superseded by {code}"
    for other in told:
        code = told_of(other.milestone)
        if code is None or code is own or code.family != own.family or _key(other) in wrong:
            continue
        if _reader(other) == _reader(row):
            return f"already said as {code}"
    return None


def overtaken(row: Any, told: Iterable[Any]) -> str | None:
    """Say that the customer has heard what came after this already; None: they have not.

    That happens when one waited for its channel and the next went by another: told now, the order
    of things would be turned round.
    """
    if row.milestone == Told.CORRECTION:
        return None
    for other in told:
        later = other.outbox_id > row.outbox_id and other.recipient == row.recipient
        beside = other.subject == row.subject or row.milestone == Told.ORDER_PLACED
        if later and beside and other.milestone != row.milestone:
            return f"overtaken by {other.milestone}"
    return None


def withdrawn(row: Any, story: Iterable[Any]) -> bool:
    """Say whether what a notice tells of has been taken back."""
    return row.milestone != Told.CORRECTION and _key(row) in corrected(story)


def _key(row: Any) -> Key:
    return (row.milestone, row.subject, row.revision)


def _reader(row: Any) -> tuple[str, str, str]:
    return (row.channel, row.recipient, row.subject)
