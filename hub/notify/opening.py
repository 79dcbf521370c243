"""When a pickup point is open, and which one nearby is: read from what carriers write of it.

Understood is what the carriers of our samples and OpenStreetMap write: "ma–pe 8–20, la 10–18",
"Mo-Su 06:00-23:00", "8-22", "24/7". Anything else is shown as it is written, and never called open.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import get_day_names

#: how a day begins in Finnish, Swedish and English, Monday first
DAYS = (
    ("ma", "må", "mo"),
    ("ti", "ti", "tu"),
    ("ke", "on", "we"),
    ("to", "to", "th"),
    ("pe", "fr", "fr"),
    ("la", "lö", "sa"),
    ("su", "sö", "su"),
)
ALWAYS = re.compile(r"24\s*/\s*7|24\s*h", re.IGNORECASE)
PART = re.compile(
    r"(?:(?P<first>[^\W\d]{2,9})\.?(?:\s*[-–]\s*(?P<last>[^\W\d]{2,9})\.?)?:?\s+)?"
    r"(?P<from>\d{1,2}(?:[.:]\d{2})?)\s*[-–]\s*(?P<to>\d{1,2}(?:[.:]\d{2})?)"
)
MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Open on these days (0 is Monday) between these minutes of the day."""

    first: int
    last: int
    begins: int
    ends: int


def spans(text: str) -> tuple[Span, ...] | None:
    """Read opening hours; None when they are not understood whole."""
    if ALWAYS.fullmatch(text.strip()):
        return (Span(0, 6, 0, MIDNIGHT),)
    found = [_span(part.strip()) for part in re.split(r"[,;]", text) if part.strip()]
    known = tuple(one for one in found if one is not None)
    return known if known and len(known) == len(found) else None


def is_open(text: str, at: datetime) -> bool:
    """Whether a place is open at a moment of its own time; False when nobody can tell."""
    now = at.hour * 60 + at.minute
    return any(
        one.first <= at.weekday() <= one.last and one.begins <= now < one.ends
        for one in spans(text) or ()
    )


def written(text: str, language: str) -> str:
    """Write opening hours with the days and the clock of a language; as they are if unread."""
    known = spans(text)
    if known is None:
        return text
    if known == (Span(0, 6, 0, MIDNIGHT),):
        return "24/7"
    names = get_day_names("abbreviated", locale=language)
    return ", ".join(_written(one, names, language) for one in known)


def nearest_open(
    points: Sequence[Mapping[str, Any]] | None, at: datetime
) -> Mapping[str, Any] | None:
    """Choose the nearest point that is open at a moment; None when none is known to be."""
    measured = [one for one in points or () if one.get("distance_m") is not None]
    open_now = [one for one in measured if is_open(one.get("opening_hours") or "", at)]
    return min(open_now, key=lambda one: (one["distance_m"], one["name"]), default=None)


def _span(part: str) -> Span | None:
    found = PART.fullmatch(part)
    if found is None:
        return None
    first = _day(found["first"]) if found["first"] else 0
    last = _day(found["last"]) if found["last"] else (first if found["first"] else 6)
    begins, ends = _minutes(found["from"]), _minutes(found["to"])
    if first is None or last is None or begins is None or ends is None:
        return None
    return Span(first, last, begins, ends) if first <= last and begins < ends else None


def _day(name: str) -> int | None:
    start = name[:2].lower()
    return next((number for number, known in enumerate(DAYS) if start in known), None)


def _minutes(text: str) -> int | None:
    hour, _, minute = text.replace(".", ":").partition(":")
    count = int(hour) * 60 + int(minute or 0)
    return count if count <= MIDNIGHT and int(minute or 0) < 60 else None


def _written(one: Span, names: Mapping[int, str], language: str) -> str:
    days = [names[day].rstrip(".") for day in (one.first, one.last)]
    said = days[0] if one.first == one.last else "–".join(days)
    return f"{said} {_clock(one.begins, language)}–{_clock(one.ends, language)}"


def _clock(minutes: int, language: str) -> str:
    hour, minute = divmod(minutes, 60)
    if language == "en":
        return f"{hour:02d}:{minute:02d}"
    return f"{hour}.{minute:02d}" if minute else str(hour)
