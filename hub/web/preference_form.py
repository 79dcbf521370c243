"""The form on the customer's page: which boxes it has, and what was ticked in it."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.notify import preferences
from hub.notify.preferences import Preferences
from hub.notify.quiet_hours import Hours
from hub.notify.wishes import KEPT
from hub.store.consents import EVERY
from hub.store.customers import Customer
from state_machine.milestones import Urgency


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was filled in."""

    wanted: Preferences
    version: int  #: of what was shown
    nowhere: bool  #: what belongs to the purchase could reach them by no channel


def boxes(
    one: Urgency, known: Preferences, names: Iterable[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Return the boxes of a message class; one that may not be unticked is fixed."""
    all_of_them, muted = [*names], known.muted.get(one, ())
    return [
        {
            "channel": channel,
            "name": name,
            "on": channel not in muted and EVERY not in muted,
            "fixed": one in KEPT and len(all_of_them) == 1,
        }
        for channel, name in all_of_them
    ]


def read_form(
    fields: Mapping[str, list[str]],
    opened: Customer,
    *,
    channels: Collection[str],
    languages: Collection[str],
) -> Form | None:
    """Read what was sent; None if it is not what a browser sends from our form."""
    known = preferences.of(opened)
    muted = {one: _muted(one, fields, known, channels) for one in Urgency}
    version, language, first = (_one(fields, name) for name in ("version", "language", "first"))
    if not re.fullmatch(r"[0-9]{1,9}", version) or (language and language not in languages):
        return None
    try:
        quiet = _hours(fields)
    except ValueError:
        return None
    if first and first not in channels:
        return None
    rest = [name for name in known.channels.get(EVERY, ()) if name != first]
    wanted = Preferences(
        language=language or None,
        timezone=known.timezone,
        quiet=quiet,
        channels={**known.channels, EVERY: [first, *rest] if first else []},
        muted=muted,
        offers="yes" in fields.get("offers", ()) if "offers" in fields.get("asked", ()) else None,
    )
    nowhere = bool(channels) and any(set(channels) <= set(muted[one]) for one in KEPT)
    return Form(wanted, int(version), nowhere)


def _muted(
    one: Urgency, fields: Mapping[str, list[str]], known: Preferences, channels: Collection[str]
) -> list[str]:
    """Return where a class is switched off: boxes without a tick, and what had no box."""
    boxless = {name for name in known.muted.get(one, ()) if name not in {EVERY, *channels}}
    ticked = set(fields.get("on", ()))
    if one in KEPT and len(channels) == 1:  # its one box could not be unticked
        return sorted(boxless)
    return sorted(boxless | {name for name in channels if f"{one}/{name}" not in ticked})


def _hours(fields: Mapping[str, list[str]]) -> Hours | None:
    """Return the quiet hours; None if there shall be none. ``ValueError`` if they are no hours."""
    since, until = _one(fields, "since"), _one(fields, "until")
    return Hours.read(f"{since}-{until}") if since or until else None


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]
