"""The script of the example day: what happens to each order, hour by hour, and how it must end.

Times are hours since the day began; it began ``HOURS`` before it is told, so nothing lies in the
future. What happens within one hour reaches the hub in any order (``post``), so a story never puts
two steps into one hour of which the later would make telling of the earlier pointless.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.demo.cast import Purchase
from hub.demo.message import Message, Said
from state_machine.milestones import Told
from state_machine.statuses import Status

HOURS = 36  #: the example "day" is a day and a half, so that tomorrow's van can come


@dataclass(frozen=True, slots=True)
class When:
    """Turns hours of the day into moments."""

    start: datetime

    def __call__(self, hours: float) -> datetime:
        """Return the moment so many hours into the day, to the second."""
        return self.start + timedelta(seconds=round(hours * 3600))


@dataclass(frozen=True, slots=True)
class Step:
    """Something happens, and somebody tells the hub of it."""

    hours: float
    words: str  #: for whoever watches
    message: Message


@dataclass(frozen=True, slots=True)
class Story:
    """One order from the first click to the end."""

    title: str
    purchase: Purchase | None  #: None: whose parcel it is, nobody ever says
    steps: tuple[Step, ...]
    ends: Status | None = None
    told: tuple[Told, ...] = ()  #: what the customer hears of, in this order


Line = tuple[float, str, Said]
Tale = Callable[[When], Story]


def story(
    when: When,
    title: str,
    purchase: Purchase,
    *lines: Line,
    ends: Status,
    told: str,
) -> Story:
    """Put a story together; ``told``: the milestones by their codes, separated by blanks."""
    heard = tuple(Told(code) for code in told.split())
    return Story(title, purchase, steps(when, *lines), ends, heard)


def steps(when: When, *lines: Line) -> tuple[Step, ...]:
    """Let every line be said at its hour."""
    return tuple(Step(hours, words, said(when(hours))) for hours, words, said in lines)


def begin(now: datetime) -> When:
    """Return the clock of a day that ends ``now``."""
    return When(now.replace(microsecond=0) - timedelta(hours=HOURS))
