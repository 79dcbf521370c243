"""A hub and its ledger, side by side: what every step of an order's life does with the two."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from hub.queries.audit import audit
from hub.store.session import StoreUnavailable
from state_machine.events import Event, Key, OrderKey, What
from tests.builders import hours
from tests.hub.pipeline.speech import NAME, coded, customer, says
from tests.model import world_outside as outside
from tests.model.laws import Witness
from tests.model.ledger import Ledger
from tests.model.life import Life
from tests.model.said import Said
from tests.model.testimony import Testimony

which = st.integers(0, 99)  #: one of those there are, counted from the youngest
after = st.sampled_from(["", "work", "work", "tell", "tell"])  #: what the hub does then


STEPS: Counter[str] = Counter()  #: gone so far, per kind of database


class Machine(RuleBasedStateMachine):
    """What all steps share."""

    database: ClassVar[Callable[[], str]]  #: makes an empty one and returns its URL
    kind: ClassVar[str]  #: of database

    @initialize(
        policy=st.sampled_from(["hold", "resend"]),
        recent=st.sampled_from([0, 1, 100]),
        width=st.sampled_from([1, 3, 100]),
        start=st.sampled_from([0, 1, 2, 2, 2]),
    )
    def is_born(self, policy: str, recent: int, width: int, start: int) -> None:
        self.life = Life(type(self).database(), policy, recent=recent, width=width)
        self.ledger = Ledger()
        self.witness = Witness()
        self.testimony = Testimony()
        self.known: list[Event] = []  #: facts that somebody has told, or may tell
        self.said: list[Said] = []  #: what was accepted, in the order it was
        self.names = count(1)
        facts = [self.fact(outside.FIRST, what, 24) for what in outside.BEGINNING[:start]]
        stated = [(outside.FIRST, "known")] if facts else []
        self.tell(*facts, stated=stated, then="tell" if facts else "")

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        try:
            self.comes_to_rest()
        finally:
            self.life.close()

    # --- what is told ----------------------------------------------------------------------------

    def fact(self, about: Key, what: What, age: float) -> Event:
        """Make a fact of so many hours ago."""
        return outside.fact(about, what, self.life.now - timedelta(hours=age))

    def one(self, those: Sequence[Any], number: int) -> Any:
        """One of those there are; None if there are none."""
        return those[-1 - number % len(those)] if those else None

    def tell(self, *facts: Event, then: str, source: str = "shop", **more: Any) -> None:
        """Somebody tells facts at once."""
        self.known += [fact for fact in facts if fact not in self.known]
        self.deliver([self.message(source, facts, **more)], then=then)

    def message(
        self,
        source: str,
        facts: Sequence[Event],
        *,
        unmapped: Sequence[tuple[str, Event]] = (),
        bug: Event | None = None,
        stated: Sequence[tuple[OrderKey, str]] = (),
        key: str | None = None,
    ) -> Said:
        """Make a message; who gives it no name is known by its body."""
        items: list[Any] = [*facts, *(coded(code, fact) for code, fact in unmapped)]
        items += [{**coded("", bug), "bug": "a bug"}] if bug else []
        hour = (self.life.now - outside.MONDAY) / timedelta(hours=1)
        for about, who in stated:
            own, email = about.external_id, outside.email(about) if who == "known" else None
            items.append(customer(hour, own, about.shop, customer=own, email=email))
        name = key or (f"d{next(self.names)}" if source == "shop" else None)
        body = says(*items, id=name)
        return Said(
            source=source,
            key=name or str(hash(body)),
            body=body,
            at=self.life.now,
            events=tuple(facts),
            coded=tuple(unmapped),
            bug=bug,
            stated=tuple((about, hours(hour)) for about, _ in stated),
        )

    def gibberish(self) -> Said:
        """Make a message that nobody can read."""
        body = b"<html>%d" % next(self.names)
        key, now = str(hash(body)), self.life.now
        return Said(source="carrier", key=key, body=body, at=now, unreadable=True)

    def deliver(self, said: Sequence[Said], *, then: str) -> None:
        """Raws come in at the same moment; if they are durable, they are accepted."""
        if self.life.hears(said):
            self.accept(said)
        self.goes_on(then)

    def accept(self, said: Sequence[Said]) -> None:
        """They are durable, and somebody has been told so."""
        self.ledger.accept(*said)
        self.said += [one for one in said if one.connector == NAME]

    # --- what the hub does -----------------------------------------------------------------------

    def goes_on(self, then: str) -> None:
        """The hub works off what waits, tells of it, or does nothing yet."""
        STEPS[self.kind] += 1
        if then:
            self.works()
        if then == "tell":
            self.tells()

    def works(self, batches: int = 99) -> None:
        """The pipeline moves that many batches, or what there is."""
        waiting = len(self.ledger.log) - self.ledger.read
        try:
            while batches and waiting > 0:
                waiting -= self.life.works()
                batches -= 1
        except StoreUnavailable:
            assert self.life.trouble.away
        if self.life.commits:
            self.compare()

    def compare(self) -> None:
        """The ledger follows what was committed; then both must say the same."""
        for raws, aside in self.life.commits:
            self.ledger.commit(raws, aside=aside)
        self.life.commits.clear()
        self.look()

    def look(self) -> None:
        """What the hub has written down agrees with the ledger."""
        self.witness.looks(self.life, self.ledger)

    def tells(self) -> bool:
        """The dispatcher makes a pass; False when the hub has ended in the middle of it."""
        done = self.life.tells()
        self.testimony.hears(self.life)
        return done is not None

    def comes_to_rest(self) -> None:
        """Everybody is well, time passes, and nothing is left to do."""
        self.life.heal()
        self.works()
        for _ in range(20):
            self.tells()
            if not (moment := self.life.next_attempt()):
                break
            self.life.now = max(moment, self.life.now + timedelta(seconds=61))
        self.testimony.rests(self.life)
        checks = self.life.store.read_now(audit)
        assert [one for one in checks if not one.holds] == []
