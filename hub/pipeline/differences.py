"""What is different in two beliefs about an order, field by field; values only where they are ours.

A snapshot holds what opens a locker, so of its fields only the paths are named.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

import orjson

PATHS = 20  #: paths named per order; who has so many is looked at as a whole
OWN = ("version", "status", "number", "due_at")  #: columns beside the JSON

_NOTHING = object()


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two rows of the table of beliefs; empty when they say the same."""
    found: dict[str, Any] = {
        name: [_plain(before[name]), _plain(after[name])]
        for name in OWN
        if before[name] != after[name]
    }
    was, now = (_keys(row["milestones"]) for row in (before, after))
    if was != now:
        found["milestones"] = {"gone": sorted(was - now), "new": sorted(now - was)}
    if before["snapshot"] != after["snapshot"]:
        told = paths(_read(before["snapshot"]), _read(after["snapshot"]))
        found["fields"] = list(islice(told, PATHS))
    return found


def told(difference: Mapping[str, Any]) -> str:
    """Say a difference in one line: the order first, then what is different."""
    parts = [difference["why"]] if "why" in difference else []
    for name in OWN:
        if name in difference:
            was, now = difference[name]
            parts.append(f"{name} {was} -> {now}")
    for word, names in difference.get("milestones", {}).items():
        if names:
            parts.append(f"milestones {word}: {', '.join(names)}")
    if fields := difference.get("fields"):
        parts.append(f"fields: {', '.join(fields)}")
    return f"{difference['order']}: {'; '.join(parts) or 'written otherwise'}"


def paths(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Name the places where two JSON values differ, such as ``parcels[0].stage``."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{place}.{name}" if place else str(name)
            yield from paths(before.get(name, _NOTHING), after.get(name, _NOTHING), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for number, (one, other) in enumerate(zip_longest(before, after, fillvalue=_NOTHING)):
            yield from paths(one, other, f"{place}[{number}]")
    elif before != after:
        yield place or "all of it"


def _plain(value: Any) -> Any:
    """Write a time as text, which is the same again after it has been kept as JSON."""
    return value.isoformat() if isinstance(value, datetime) else value


def _keys(text: str) -> set[str]:
    """Return milestones as texts: ``delivered parcel:JJ1``."""
    keys = _read(text)
    known = isinstance(keys, list)
    return {" ".join(str(part) for part in key if part) for key in keys} if known else {str(keys)}


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return "not JSON"
