"""When to leave a provider alone: after many failures nobody's notice is spent on it for a while.

A notice that waits behind an open breaker keeps its attempts, and may be told by another channel
meanwhile. One is sent to see whether the provider is back; if it is, the rest follows. What a
provider refuses for the message's or the address's sake is no sign of its health. Every sink and
every provider has its own, so that one that is ill slows down nobody else.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: so many failures one after the other open it at once
IN_A_ROW = 5
#: or this share of the attempts within ``WINDOW``, if there were at least ``ENOUGH``
SHARE, ENOUGH, WINDOW = 0.7, 10, timedelta(minutes=5)
#: how long it stays open the first time; twice as long each time the provider is still ill
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=5)


@dataclass(slots=True)
class Breaker:
    """The health of one provider or sink, as far as attempts have shown it."""

    _recent: deque[tuple[datetime, bool]] = field(default_factory=lambda: deque(maxlen=200))
    _in_a_row: int = 0
    _pauses: int = 0  #: how many times it opened since the provider was well
    _until: datetime | None = None  #: open until then; None: closed
    _probing: bool = False

    def places(self, wanted: int, now: datetime) -> int:
        """Say how many of ``wanted`` attempts may begin: all, none, or one to see how it is."""
        if self._until is None:
            return wanted
        if now < self._until or self._probing:
            return 0
        return min(wanted, 1)

    def begun(self) -> None:
        """Note that an attempt begins."""
        self._probing = self._until is not None

    def ended(self, *, well: bool, now: datetime) -> bool:
        """Note how an attempt ended; return True when that has just opened the breaker."""
        self._recent.append((now, well))
        was_open, probed = self._until is not None, self._probing
        self._probing = False
        if well:
            self._in_a_row = self._pauses = 0
            self._until = None
            if was_open:
                self._recent.clear()
            return False
        self._in_a_row += 1
        if was_open:
            if probed:  # the others had begun before it opened
                self._open(now)
        elif self._in_a_row >= IN_A_ROW or self._mostly_failing(now):
            self._open(now)
            return True
        return False

    def called_off(self) -> None:
        """Note that an attempt ended without saying anything about the provider."""
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether the provider is left alone, or being tried with one notice."""
        return self._until is not None

    def _mostly_failing(self, now: datetime) -> bool:
        lately = [well for when, well in self._recent if now - when <= WINDOW]
        return len(lately) >= ENOUGH and lately.count(False) >= SHARE * len(lately)

    def _open(self, now: datetime) -> None:
        pause = min(FIRST_PAUSE * 2 ** min(self._pauses, 10), LONGEST_PAUSE)
        self._pauses += 1
        self._until = now + pause
