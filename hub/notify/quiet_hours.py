"""Quiet hours: when a message waits until morning where its reader lives, and what may not wait.

Two tables. The first says from when to when the night is spared in a country; it holds for
channels that make a sound (a letter may lie in the box) unless the customer names hours of their
own, which hold for every channel. The second says what is told at night all the same. Anchors:
US TCPA 8:00-21:00 local time, FR 8:00-22:00 (for offers; ours are none, the hours are as good a
guess of what is bearable as any law makes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global

from state_machine.milestones import Told, Urgency

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when, by the reader's clock; over midnight if the end comes first."""

    since: time
    until: time

    @classmethod
    def read(cls, text: str) -> "Hours":
        """Read ``21:00-08:00``; ``ValueError`` if it is none, or no time at all."""
        since, dash, until = text.partition("-")
        if not dash or len(since) != 5 or len(until) != 5 or since == until:
            raise ValueError(f"{text!r} is not like 21:00-08:00")
        return cls(time.fromisoformat(since), time.fromisoformat(until))

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.since:%H:%M}-{self.until:%H:%M}"

    def hold(self, clock: time) -> bool:
        """Say whether it is quiet at this time of day."""
        if self.since < self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until


#: per country; the rest of the world sleeps as ``ELSEWHERE``
NIGHTS: Mapping[str, Hours] = {
    "US": Hours(time(21), time(8)),
    "CA": Hours(time(21, 30), time(9)),
    "FR": Hours(time(22), time(8)),
    "ES": Hours(time(23), time(9)),
    "IT": Hours(time(22), time(8)),
    "FI": Hours(time(21), time(8)),
    "SE": Hours(time(21), time(8)),
}
ELSEWHERE = Hours(time(21), time(8))

#: what may not wait, though it is not critical
PASSES: Mapping[Told, str] = {
    Told.OUT_FOR_DELIVERY: "the van comes today, and early: at eight it may be at the door",
    Told.READY_FOR_PICKUP: "lockers and shops of long hours: who waits may go now",
}


def passes(told: Told | None) -> bool:
    """Say whether a milestone is told at night too; what we do not know may be urgent."""
    return told is None or told.urgency is Urgency.CRITICAL or told in PASSES


def night(country: str | None) -> Hours:
    """Return when a country sleeps."""
    return NIGHTS.get((country or "").upper(), ELSEWHERE)


@cache
def zone_of(country: str) -> str | None:
    """Return the zone of a country that has but one; None: its clocks differ, or it is none."""
    zones = get_global("territory_zones").get(country.upper(), ())
    return str(zones[0]) if len(zones) == 1 else None


def awake(now: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """Return the first moment from ``now`` on that is not quiet (UTC).

    When clocks are set back the quiet hour that comes twice is quiet twice; an end that is left
    out when they are set forward is reached at the change.
    """
    here = now.astimezone(zone)
    if not hours.hold(here.time()):
        return now
    for day in (here.date(), here.date() + DAY):
        for moment in _moments(day, hours.until, zone):
            if moment > now and not hours.hold(moment.astimezone(zone).time()):
                return moment
    raise AssertionError("every night ends")  # of two days each has its end


def _moments(day: date, clock: time, zone: ZoneInfo) -> list[datetime]:
    """Return when a clock shows this time on this day: once, twice, or (left out) right after."""
    return sorted(
        datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    )
