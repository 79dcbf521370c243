"""When a notice is tried again: the schedules as data, and the arithmetic, which is pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

MINUTE, HOUR = 60.0, 3600.0

#: seconds before the first, second, … attempt. The example schedule of Standard Webhooks 1.0.0
#: ("deliverability and reliability"): ten attempts over 75 hours
WEBHOOK: Sequence[float] = (
    0.0,
    5.0,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
#: a grey-listing mail server wants a second try after a minute or two (RFC 6647); RFC 5321
#: §4.5.4.1 wants tries that go on for days, but news of a parcel is stale by then
MAIL: Sequence[float] = (
    0.0,
    30.0,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    6 * HOUR,
    24 * HOUR,
)

JITTER = 0.2  #: share by which a wait is stretched or shortened, so that a crowd spreads out
#: SMS, push and chat: whoever is to know by phone is to know soon, or by another way
MESSAGE: Sequence[float] = (0.0, 10.0, MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR)

LONGEST = 24 * HOUR  #: a receiver cannot ask for a longer wait than this


def next_attempt(
    schedule: Sequence[float], n: int, now: datetime, *, retry_after: float | None, seed: str
) -> datetime | None:
    """Say when to try again after attempt ``n`` (the first is 1) failed at ``now``.

    ``retry_after`` is the wait the receiver asked for in seconds, if it did: never shortened,
    and followed up to ``LONGEST``. ``seed`` decides the jitter: the same seed and n, the same wait.
    Out: a moment after ``now``, or None when the schedule is used up.
    """
    if n >= len(schedule):
        return None
    wait = schedule[n] * (1 + JITTER * _between(f"{seed}:{n}"))
    if retry_after is not None and retry_after == retry_after:  # noqa: PLR0124 - NaN is no wait
        wait = max(wait, min(retry_after, LONGEST))
    return now + timedelta(seconds=max(wait, 1.0))


def _between(seed: str) -> float:
    """Return a number in [-1, 1) that depends on the seed alone."""
    digest = hashlib.sha256(seed.encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**47 - 1
