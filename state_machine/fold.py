"""fold(facts) -> belief: any arrival order, any duplicates, the same answer.

Rules of this file:

1. A fact counts once, by its id. A retraction takes its fact out before anything is replayed.
2. What is left is replayed in the order it happened: by event time, then by how far along it is,
   then by id. Arrival order is not an input.
3. What an order consists of (its lines, which number is which parcel) is read from all facts
   before the replay, so that a scan never depends on whether the shop had spoken yet.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from state_machine.draft import Draft, Waiting
from state_machine.events import (
    Event,
    Ordered,
    OrderedLine,
    OrderKey,
    ParcelAnnounced,
    ParcelScanned,
    Refunded,
    Retracted,
    ReturnMoved,
)
from state_machine.freeze import freeze
from state_machine.manifest import Manifest, read
from state_machine.order import Belief, Effect, Outcome
from state_machine.rollup import settle_status, tally
from state_machine.steps import STEPS

When = tuple[datetime, int, int, str]
STAGED = (ParcelScanned, ReturnMoved)  #: of two such facts at one instant the further comes last
ANEW = (Ordered, Refunded, Retracted)  #: facts that are read before the replay, so it starts anew


class NotAnOrder(ValueError):
    """The facts hold no statement of what was ordered, so there is nothing to believe yet."""


def fold(events: Iterable[Event]) -> Belief:
    """Work out what the facts of one order add up to.

    In: its facts, in any order, with any repetition. Out: the belief, with one effect per fact.
    Raises ``NotAnOrder`` when no fact says what was ordered.
    """
    return Fold().extend(events)


class Fold:
    """The fold of an order that goes on.

    Facts that happened last, and of which nothing is read before the replay, are replayed on top of
    the others; any other fact starts the replay anew. The belief is the same, it is only cheaper.
    """

    def __init__(self) -> None:
        """Begin with no facts."""
        self.facts: dict[str, Event] = {}  #: by their ids; read only
        self._draft: Draft | None = None
        self._named: set[str] = set()  #: facts that some retraction names, told or not
        self._last: When | None = None  #: when the last of those that were replayed happened
        self._effects: list[Effect] = []
        self._retracted: list[Effect] = []

    def extend(self, events: Iterable[Event]) -> Belief:
        """Add facts; return what all add up to, as ``fold`` does. A fold that raised is lost."""
        later = []
        for event in events:
            known = self.facts.get(event.id)
            if known is None or event.occurred_at < known.occurred_at:
                self.facts[event.id] = event
                later.append(event)
        later.sort(key=_when)
        if self._draft is not None and self._goes_on(self._draft, later):
            self._replay(later)
        else:
            self._start()
        assert self._draft is not None
        return freeze(self._draft, (*self._effects, *self._retracted))

    def _goes_on(self, draft: Draft, later: list[Event]) -> bool:
        """Whether facts can be replayed on top: they come last and nothing read before changes."""
        if later and self._last is not None and _when(later[0]) < self._last:
            return False
        return all(self._adds(draft, event) for event in later)

    def _adds(self, draft: Draft, event: Event) -> bool:
        what = event.what
        if isinstance(what, ANEW) or event.id in self._named:
            return False
        if isinstance(what, ParcelAnnounced):
            ref = what.parcel
            seen = ref.id in draft.parcels or ref.number in draft.parcels or bool(draft.undone)
            return not seen and draft.manifest.goes_on(what)
        return draft.manifest.goes_on(what)

    def _start(self) -> None:
        """Replay everything."""
        self._named = {e.what.fact for e in self.facts.values() if isinstance(e.what, Retracted)}
        gone = _retracted(self.facts)
        standing = sorted((e for e in self.facts.values() if e.id not in gone), key=_when)
        self._draft = _prepare(standing, [self.facts[fact] for fact in gone])
        self._effects = []
        self._replay(standing)
        why = "a later fact took it back"
        self._retracted = [Effect(fact, Outcome.RETRACTED, why) for fact in gone]

    def _replay(self, events: list[Event]) -> None:
        assert self._draft is not None
        if events:
            self._last = _when(events[-1])
        self._effects += [_replay(self._draft, event) for event in events]


def _retracted(facts: dict[str, Event]) -> list[str]:
    named = {e.what.fact for e in facts.values() if isinstance(e.what, Retracted)}
    orders = [e.id for e in facts.values() if isinstance(e.what, Ordered)]
    if orders and named.issuperset(orders):
        named -= set(orders)  # an order that was never placed is cancelled, not retracted
    return sorted(
        fact for fact in named if fact in facts and not isinstance(facts[fact].what, Retracted)
    )


def _when(event: Event) -> When:
    what = event.what
    step = what.stage.step if isinstance(what, STAGED) else 0
    return (event.occurred_at, STEPS[type(what)][1], step, event.id)


def _replay(draft: Draft, event: Event) -> Effect:
    draft.skipped = draft.still = False
    refused = STEPS[type(event.what)][0](draft, event, event.what)
    if refused is not None:
        return Effect(event.id, Outcome.IGNORED, refused)
    if not draft.still:
        settle_status(draft, event.occurred_at)
    return Effect(event.id, Outcome.APPLIED, skipped=draft.skipped)


def _prepare(standing: list[Event], gone: list[Event]) -> Draft:
    statements = [e for e in standing if isinstance(e.what, Ordered)]
    if not statements:
        raise NotAnOrder("no fact says what was ordered")
    latest = cast(Ordered, statements[-1].what)
    whats = [e.what for e in standing]
    manifest = read(whats)
    lines = {line.id: line for line in latest.lines} or {"": OrderedLine("", 1)}
    draft = Draft(
        key=cast(OrderKey, statements[0].about),
        number=latest.number,
        placed_at=min(w.placed_at for w in whats if isinstance(w, Ordered)),
        lines=lines,
        nameless=not latest.lines,
        manifest=manifest,
        refunded_returns=frozenset(
            w.return_id for w in whats if isinstance(w, Refunded) and w.return_id
        ),
        exchanged_returns=frozenset(manifest.replaces.values()),
        undone=_undone(manifest, gone),
        waiting={line: Waiting() for line in lines},
    )
    draft.tallies = tally(draft)
    return draft


def _undone(manifest: Manifest, gone: list[Event]) -> dict[str, int]:
    undone: Counter[str] = Counter()
    for event in gone:
        ref = getattr(event.what, "parcel", None)
        back = getattr(event.what, "return_id", None) or (ref and manifest.return_of(ref))
        name = manifest.name_of(ref) if ref and not back else ""
        undone[f"return:{back}" if back else f"parcel:{name}" if name else "order"] += 1
        if name in manifest.replaces:
            undone[f"return:{manifest.replaces[name]}"] += 1
    return dict(undone)
