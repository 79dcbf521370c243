"""How often somebody may ask or tell of orders: a bucket of tokens that fills up again."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Protocol

BURST_S = 10  #: seconds' worth of tokens a full bucket holds
MOST = 10_000  #: buckets one process keeps; the one that was not used for longest goes


class Away(Exception):
    """What the processes of a hub share is not there, or does not do what it is asked."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, and ``burst`` at once after a pause."""

    per_second: float

    def __str__(self) -> str:
        """Say it to whoever asked too often."""
        return f"{self.burst} at once and {self.burst} in {self.window} seconds"

    @property
    def burst(self) -> int:
        """How many tokens a full bucket holds."""
        return max(1, ceil(self.per_second * BURST_S))

    @property
    def window(self) -> int:
        """In how many seconds an empty bucket is full again."""
        return ceil(self.burst / self.per_second)


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to somebody who wanted a token."""

    granted: bool
    left: int  #: tokens
    wait: float  #: seconds until there is one; 0.0: there is


class Limits(Protocol):
    """What both engines promise."""

    async def take(self, bucket: str, rate: Rate) -> Grant:
        """Take a token out of a bucket, if there is one. Raises ``Away``."""

    def take_here(self, bucket: str, rate: Rate) -> Grant:
        """Take it out of a bucket of this process alone."""


class Buckets:
    """The buckets of one process."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        """``now``: a clock of seconds that never goes back."""
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def take(self, bucket: str, rate: Rate) -> Grant:
        """Take a token, if there is one."""
        return self.take_here(bucket, rate)

    def take_here(self, bucket: str, rate: Rate) -> Grant:
        """Take a token, if there is one."""
        now = self._now()
        tokens, at = self._buckets.pop(bucket, (float(rate.burst), now))
        tokens = min(rate.burst, tokens + (now - at) * rate.per_second)
        granted = tokens >= 1
        tokens -= granted
        self._buckets[bucket] = (tokens, now)
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        return Grant(granted, int(tokens), max(0.0, (1 - tokens) / rate.per_second))
