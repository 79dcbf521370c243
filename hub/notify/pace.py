"""No more notices in a second than a provider is to get, however many wait after an outage."""

from dataclasses import dataclass
from datetime import datetime

BURST = 1.0  #: seconds' worth that may go at once


@dataclass(slots=True)
class Pace:
    """So many a second, reckoned from when they began."""

    rate: float  #: per second
    _left: float = 0.0
    _seen: datetime | None = None

    def allows(self, wanted: int, now: datetime) -> int:
        """Say how many of ``wanted`` may begin now."""
        most = max(self.rate * BURST, 1.0)
        if self._seen is None:
            self._left = most
        else:
            passed = max((now - self._seen).total_seconds(), 0.0)
            self._left = min(self._left + passed * self.rate, most)
        self._seen = now
        return min(wanted, int(self._left))

    def begun(self) -> None:
        """Note that one begins."""
        self._left -= 1
