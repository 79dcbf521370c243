"""What must hold of orders at any moment between two steps, however they got there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from hub.store.belief import snapshot
from hub.store.facts import encode
from hub.store.inbox import RELEASED
from hub.store.tables import (
    AcceptedRow,
    BeliefRow,
    InboxRow,
    ParkedRow,
    QuarantineRow,
    RawRow,
    TimelineRow,
    table,
)
from hub.store.tables_of_notices import OutboxRow
from state_machine.milestones import Told
from tests.model.ledger import Ledger
from tests.model.life import Life

PIPELINE = [AcceptedRow, RawRow, InboxRow, TimelineRow, BeliefRow, ParkedRow, QuarantineRow]
#: made when a belief is stored, not by the fold
MADE_HERE = {Told.CORRECTION, Told.STATUS_CHANGED}


def same(expected: Mapping[Any, Any], found: Mapping[Any, Any], law: str) -> None:
    """Two books agree; if they do not, it is said where."""
    missing = {name: value for name, value in expected.items() if found.get(name) != value}
    surplus = {name: value for name, value in found.items() if expected.get(name) != value}
    assert ({}, {}) == (missing, surplus), f"{law}:\n  expected {missing}\n  found {surplus}"


class Witness:
    """Remembers what it has seen, so that nothing can be unsaid."""

    def __init__(self) -> None:
        self.timeline: dict[tuple[str, str], Any] = {}
        self.outbox: dict[int, Any] = {}

    def looks(self, life: Life, ledger: Ledger) -> None:
        """The database says what the ledger says, and all that it said before."""
        accepted, raws, inbox, timeline, beliefs, parked, held, outbox = life.rows(
            *map(table, [*PIPELINE, OutboxRow])
        )
        found: dict[Any, Any] = {(row.connector, row.source): row.raws for row in accepted}
        same(ledger.accepted, found, "what was accepted")
        _raws(raws, inbox, ledger)
        waits = {(key, fact): True for key, facts in ledger.parked.items() for fact in facts}
        found = {(row.key, row.fact_id): True for row in parked}
        same(waits, found, "what waits for its order")
        found = Counter(row.kind for row in held if row.released_at is None)
        same(Counter(kind for _, kind in ledger.held), found, "what waits in quarantine")
        self._facts(timeline, ledger)
        _beliefs(beliefs, ledger)
        self._milestones(outbox, ledger)

    def _facts(self, rows: Iterable[Any], ledger: Ledger) -> None:
        """Each fact once and for ever, in every order it speaks of, and nowhere else."""
        now = {(row.order_id, row.fact_id): row for row in rows}
        expected = {
            (order, fact.id): encode(fact)
            for order, facts in ledger.timeline.items()
            for fact in facts.values()
        }
        same(expected, {name: row.fact for name, row in now.items()}, "timelines")
        assert self.timeline.items() <= now.items(), "a timeline was changed"
        self.timeline = now

    def _milestones(self, rows: Iterable[Any], ledger: Ledger) -> None:
        """Whatever was reached is written down once; whatever turned out to be wrong, too."""
        # The dispatcher notes when a change was planned, and why nobody was to be told of it.
        now = {row.id: (row.version, row.occurred_at, row.change) for row in rows}
        assert self.outbox.items() <= now.items(), "a change was changed"
        self.outbox = now
        written: dict[str, list[Any]] = {}
        for row in rows:
            assert row.version <= ledger.versions[row.order_id]
            written.setdefault(row.order_id, []).append(row)
        for order in ledger.beliefs:
            _accounted_for(order, written.get(order, []), ledger)


def _raws(raws: Iterable[Any], inbox: Iterable[Any], ledger: Ledger) -> None:
    """Every accepted raw has one outcome, or waits to be read."""
    kept = [one.body for one in ledger.log if not one.forgotten]
    same(dict(enumerate(kept)), dict(enumerate(row.body for row in raws)), "raws")
    outcomes = [row.outcome for row in inbox if row.outcome != RELEASED]
    expected = [one.outcome for one in ledger.log[: ledger.read]]
    same(dict(enumerate(expected)), dict(enumerate(outcomes)), "outcomes")


def _beliefs(rows: Iterable[Any], ledger: Ledger) -> None:
    """A belief is the fold of its facts, and its version counts how often it changed."""
    expected = {
        order: (
            ledger.versions[order],
            snapshot(belief.order),
            [[*milestone.key] for milestone in belief.milestones],
        )
        for order, belief in ledger.beliefs.items()
    }
    found = {
        row.order_id: (row.version, row.snapshot, orjson.loads(row.milestones)) for row in rows
    }
    same(expected, found, "beliefs")


def _accounted_for(order: str, rows: Iterable[Any], ledger: Ledger) -> None:
    belief = ledger.beliefs[order]
    reached = {milestone.key for milestone in belief.milestones}
    keys = {(row.milestone, row.subject, row.revision) for row in rows}
    made = {key for key in keys if Told(key[0]) not in MADE_HERE}
    assert reached <= made, f"never written down: {reached - made}"
    assert made <= ledger.reached[order], f"never reached: {made - ledger.reached[order]}"
    taken_back = {(row.subject, row.revision) for row in rows if row.milestone == Told.CORRECTION}
    assert ledger.wrong[order] == taken_back, f"taken back of {order}: {taken_back}"
