"""When something happened, out of the many ways in which vendors write a time.

Each function takes what the vendor wrote and returns a ``Moment``: UTC and how surely it is known.
Each raises ``ValueError`` with a message for a person when the text is not that kind of time, or
lies outside the years in which a parcel can travel. None asks a clock.

The rule for local times (Europe/Helsinki and the like), when clocks are changed:

- Overlap (autumn, an hour happens twice): the first of the two. The same text always gives the
  same fact, and no event is put after the moment at which it was told.
- Gap (spring, an hour does not happen): shifted forward by the width of the gap, as a clock that
  was not changed would read it: 03:30 becomes 04:30 summer time.
"""

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import NamedTuple

from state_machine.events import Clarity

FIRST_YEAR, LAST_YEAR = 1970, 2200  #: also keeps every shift of a zone inside what datetime holds

_TEXT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
    r"(Z|z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Moment(NamedTuple):
    """A point in time and how surely it is known."""

    at: datetime  #: aware, UTC
    clarity: Clarity


def with_offset(text: str) -> Moment:
    """Read RFC 3339, or ISO 8601 as shops write it: the offset is part of the text."""
    clock, offset = _split(text)
    if not offset:
        raise ValueError(f"the time {text!r} has no offset such as Z or +02:00")
    return Moment(_utc(clock, offset), Clarity.EXPLICIT)


def with_doubtful_z(text: str) -> Moment:
    """Read a time whose Z may only mean that the zone was not known (EasyPost).

    An offset other than Z was put there on purpose and is believed.
    """
    clock, offset = _split(text)
    sure = bool(offset) and offset not in "Zz"
    return Moment(_utc(clock, offset or "Z"), Clarity.EXPLICIT if sure else Clarity.ASSUMED_UTC)


def utc(text: str) -> Moment:
    """Read a time that its field calls UTC and that may lack the Z (WooCommerce ``*_gmt``)."""
    clock, offset = _split(text)
    return Moment(_utc(clock, offset or "Z"), Clarity.EXPLICIT)


def local(text: str, zone: tzinfo) -> Moment:
    """Read a local time without offset; the zone is known from the vendor. Rule: see above."""
    clock, offset = _split(text)
    if offset:
        raise ValueError(f"the time {text!r} has an offset, local time was expected")
    # fold=0 is the rule above: first of two, and the offset from before the gap
    at = datetime.fromisoformat(clock).replace(tzinfo=zone, fold=0)
    return Moment(_checked(at), Clarity.ASSUMED_ZONE)


def day(text: str, zone: tzinfo = UTC) -> Moment:
    """Read a day without a time, as its beginning in ``zone``."""
    return Moment(_checked(datetime.combine(_date(text), time(), zone)), Clarity.DATE_ONLY)


def end_of_day(text: str, zone: tzinfo = UTC) -> Moment:
    """Read a day without a time, as its last second in ``zone``: what "by that day" promises."""
    last = datetime.combine(_date(text), time(23, 59, 59), zone)
    return Moment(_checked(last), Clarity.DATE_ONLY)


def unix(seconds: int) -> Moment:
    """Read Unix seconds."""
    if not 0 <= seconds < 7_289_654_400:  # 2201-01-01
        raise ValueError(f"{seconds} is not a time in Unix seconds")
    return Moment(datetime.fromtimestamp(seconds, UTC), Clarity.EXPLICIT)


def _split(text: str) -> tuple[str, str]:
    """Return the clock and the offset that follows it, empty if there is none."""
    found = _TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is not a time such as 2026-11-03T09:30:00")
    clock, offset = found.groups()
    return clock, offset or ""


def _utc(clock: str, offset: str) -> datetime:
    at = datetime.fromisoformat(clock + ("Z" if offset == "z" else offset))
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"the year {at.year} is out of range")
    return at.astimezone(UTC)


def _checked(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"the year {at.year} is out of range")
    return at.astimezone(UTC)


def _date(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a day such as 2026-11-03")
    return date.fromisoformat(text)
