"""The report on a day's promises, for whoever asks: the API, a command, a scrape."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from hub.queries.breaches import breaches
from hub.queries.promises import SHARES, STATIONS, Kept, Speed, kept, unsent


def report(
    connection: Connection, day: date, now: datetime, *, after: int = 0, limit: int = 100
) -> dict[str, Any]:
    """Return the report on a day, with the breaches behind notice ``after``."""
    found = breaches(connection, day, now, after=after, limit=limit)
    return {
        "day": day,
        "kept": [_kept(one) for one in kept(connection, day, now)],
        "unsent": _unsent(unsent(connection, day)),
        "breaches": [asdict(one) for one in found],
        "next": found[-1].notice if len(found) == limit else None,
    }


def _kept(one: Kept) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "objective": one.objective,
        "promised_seconds": one.objective.within.total_seconds(),
        "in_time": one.in_time,
        "late": one.late,
        "missed": one.missed,
        "open": one.open,
        "share": one.share,
        **{station: _speed(one.speeds[station]) for station in STATIONS},
    }


def _speed(one: Speed) -> dict[str, Any]:
    shares = {f"p{share * 100:.0f}_at_most": one.at_most.get(share) for share in SHARES}
    return {"count": one.count, **shares}


def _unsent(counts: Mapping[tuple[str, str], int]) -> Sequence[dict[str, Any]]:
    return [
        {"channel": channel, "reason": reason, "count": count}
        for (channel, reason), count in sorted(counts.items())
    ]
