"""What somebody said of orders at once: one raw, as the model sees it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from state_machine.events import Clarity, Event, OrderKey, ParcelKey

AHEAD = timedelta(minutes=10)  #: so far a sender's clock may be wrong
A_DAY_AHEAD = timedelta(hours=14, minutes=10)  #: so far ahead a day begins somewhere


@dataclass(eq=False, kw_only=True)
class Said:
    """One raw, what is in it, and what became of it."""

    connector: str = "speech"
    source: str
    key: str  #: the sender's name for the delivery
    body: bytes
    at: datetime  #: when it reached us
    events: tuple[Event, ...] = ()
    coded: tuple[tuple[str, Event], ...] = ()  #: facts under codes that have to be taught
    bug: Event | None = None  #: a fact at which our code breaks while the bug is not mended
    stated: tuple[tuple[OrderKey, datetime], ...] = ()  #: of which orders it states a customer
    unreadable: bool = False
    #: tracking number -> the order that a person said it belongs to
    decided: dict[str, OrderKey] = field(default_factory=dict)
    outcome: str = ""
    forgotten: bool = False  #: its bytes are gone
    waits: set[tuple[str, str]] = field(default_factory=set)  #: (key, fact) it was first to bring

    @property
    def name(self) -> tuple[str, str, str]:
        """What makes it the same delivery as another."""
        return (self.connector, self.source, self.key)

    def facts(self, taught: set[str]) -> list[Event]:
        """What is understood of it."""
        told = [*self.events, *(fact for code, fact in self.coded if code in taught)]
        told += [self.bug] if self.bug else []
        return [self._as_held(self._as_decided(fact)) for fact in told]

    def breaks(self, taught: set[str]) -> bool:
        """Whether our code does not survive it."""
        return self.bug is not None and "a bug" not in taught

    def unmapped(self, taught: set[str]) -> list[str]:
        """The codes in it that nobody has taught."""
        return [code for code, _ in self.coded if code not in taught]

    def again(self, now: datetime) -> "Said":
        """The same delivery once more."""
        return replace(self, at=now, decided={}, outcome="", waits=set(), forgotten=False)

    def _as_held(self, fact: Event) -> Event:
        """Nothing happens in the future: what claims to is held to the moment we heard of it."""
        latest = self.at + (A_DAY_AHEAD if fact.clarity is Clarity.DATE_ONLY else AHEAD)
        if fact.occurred_at <= latest:
            return fact
        return replace(fact, occurred_at=self.at, claimed_at=fact.occurred_at)

    def _as_decided(self, fact: Event) -> Event:
        number = fact.about.number if isinstance(fact.about, ParcelKey) else ""
        return replace(fact, about=self.decided[number]) if number in self.decided else fact
