"""What the model has written down: what waits, what every order's facts are and add up to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from state_machine.events import Event, StockKey
from state_machine.fold import fold
from state_machine.order import Belief
from tests.model.said import Said

Facts = dict[str, Event]  #: by their ids; the first telling counts


def _of_each() -> Any:
    """Make one dictionary of facts per order or key."""
    return defaultdict(dict)


@dataclass
class Books:
    """Plain dictionaries, and how they are written."""

    taught: set[str] = field(default_factory=set)
    held: list[tuple[Said, str]] = field(default_factory=list)  #: open quarantine, oldest first
    #: by key and fact
    parked: dict[str, dict[str, tuple[Said, Event | None]]] = field(default_factory=_of_each)
    timeline: dict[str, Facts] = field(default_factory=_of_each)
    beliefs: dict[str, Belief] = field(default_factory=dict)
    versions: Counter[str] = field(default_factory=Counter)
    reached: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))  #: ever
    wrong: dict[str, set[Any]] = field(
        default_factory=lambda: defaultdict(set)
    )  #: corrections of them

    def _add(self, new: dict[str, Facts], order: str, fact: Event) -> None:
        if fact.id not in self.timeline[order]:
            new[order].setdefault(fact.id, fact)

    def _hold(self, said: Said, *why: str) -> None:
        said.outcome = "quarantined"
        self.held += [(said, one) for one in why]

    # --- what waits ------------------------------------------------------------------------------

    def _park(self, said: Said, key: str, name: str, fact: Event | None) -> None:
        """Something waits under a key; the first raw to bring it waits with it."""
        if name not in self.parked[key]:
            self.parked[key][name] = (said, fact)
            said.waits.add((key, name))

    def _unpark(self, key: str, name: str) -> Event | None:
        """It waits no longer; when nothing of its raw does, the raw is applied."""
        said, fact = self.parked[key].pop(name)
        said.waits.discard((key, name))
        if said.outcome == "parked" and not said.waits:
            said.outcome = "applied"
        return fact

    def _settle(self, fresh: Sequence[Said], new: set[str]) -> None:
        """Every raw has one outcome: what still waits names it, else what it did."""
        for said in fresh:
            facts = said.facts(self.taught)
            unmapped = said.unmapped(self.taught)
            if said.unreadable or unmapped:
                self._hold(said, *(["unmapped"] * len(unmapped) or ["unreadable"]))
            elif said.waits:
                said.outcome = "parked"
            elif facts and not any(f.id in new or isinstance(f.about, StockKey) for f in facts):
                said.outcome = "duplicate"
            else:
                said.outcome = "applied"

    # --- what is believed ------------------------------------------------------------------------

    def worth_telling(self) -> list[Event]:
        """The facts that have brought orders where they are."""
        return [
            self.timeline[order][milestone.fact]
            for order, belief in self.beliefs.items()
            for milestone in belief.milestones
            if milestone.fact in self.timeline[order]
        ]

    def _believe(self, orders: Iterable[str]) -> None:
        for order in orders:
            before, now = self.beliefs.get(order), fold(self.timeline[order].values())
            self.versions[order] += before is None or before.order != now.order
            self.beliefs[order] = now
            self._tell_apart(order, before, now)

    def _tell_apart(self, order: str, before: Belief | None, now: Belief) -> None:
        """What was reached and is not any more was wrong, unless it is now said in other words."""
        reached = {milestone.key for milestone in now.milestones}
        known = {milestone.key for milestone in before.milestones} if before else set()
        names = {f"parcel:{was}": f"parcel:{is_}" for was, is_ in now.former_names}
        fresh = {(code.family, subject) for code, subject, _ in reached - known}
        self.wrong[order] |= {
            (names.get(subject, subject), f"{code}:{revision}"[:255])
            for code, subject, revision in known - reached
            if (code.family, names.get(subject, subject)) not in fresh
        }
        self.reached[order] |= reached
