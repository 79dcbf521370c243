"""Reads kept raws again and lets orders' timelines say what today's connectors find in them.

Rules of this file:

1. A fact is read again in the raw that was the first to tell it. If it reads otherwise now, the
   timeline says so from now on; if that raw does not tell it any more, it never was a fact and is
   taken off.
2. What is told anew finds its order as if it had just come; what has an order stays there.
3. News about goods are not placed anew: they would reach the orders that wait today.
4. A raw that cannot be read any more changes nothing. Codes unknown today go to quarantine.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from hub.pipeline import quarantine
from hub.pipeline.apply import Applied, digest, write
from hub.pipeline.readings import Readings, compare, outdated, place_of, told_by
from hub.pipeline.recent import Recent
from hub.pipeline.renew import Renewed
from hub.pipeline.translate import Translated, Translator
from hub.store import belief, inbox, parking, timeline
from state_machine.events import Event, OrderKey, StockKey
from state_machine.fold import Fold

NAMED = 500  #: unreadable raws that are named; the others are counted


@dataclass(slots=True)
class Reread:
    """What came of it so far."""

    raws: int = 0
    unreadable: int = 0  #: raws that today's connectors cannot read; what they told stays
    unreadable_raws: list[int] = field(default_factory=list)  #: the first ``NAMED`` of them
    quarantined: int = 0  #: raws with a code that is not known any more, or an unclear parcel
    facts_new: int = 0
    facts_reworded: int = 0
    facts_taken_off: int = 0
    orders: int = 0  #: folded again
    milestones: int = 0  #: written down


def reread(
    connection: Connection,
    translator: Translator,
    rows: Sequence[Row[Any]],
    sums: Reread,
    silent: str | None,
) -> list[str]:
    """Read some raws again and change what has to be, in the transaction of ``connection``.

    In: rows of the log, each with its ``outcome``; the sums, which are added to; ``silent``, a
    reason why nobody is to be told. Out: the orders that were folded again.
    """
    read = _read(translator, rows, sums)
    raws, told = [one.delivery.raw_id for one in read], told_by(read)
    changed = compare(timeline.first_told_by(connection, raws), told)
    timeline.reword(connection, changed.reworded)
    timeline.take_off(connection, changed.gone)
    parking.unpark(connection, [*outdated(parking.of_raws(connection, raws), told)], ())
    applied = Applied()
    batch = [_to_place(one, changed) for one in read]
    _, added = digest(connection, batch, applied, Recent(size=0), silent=silent)
    home = {fact for _, fact in added}
    _fold_again(connection, changed.orders - set(applied.orders), applied, silent)
    was = {row.id: row.outcome for row in rows if row.id not in applied.ambiguous}
    sums.quarantined += len(applied.ambiguous)
    _settle(connection, read, was, home, sums)
    sums.raws += len(rows)
    sums.facts_new += len(added)
    sums.facts_reworded += len(changed.reworded)
    sums.facts_taken_off += len(changed.gone)
    sums.orders += len(applied.orders)
    sums.milestones += applied.told
    return applied.orders


def _read(translator: Translator, rows: Iterable[Row[Any]], sums: Reread) -> list[Translated]:
    read = []
    for row in rows:
        try:
            one = translator.translate(row)
        except Exception:  # noqa: BLE001 - a fault of a connector is what a dry run is to show
            one = None
        if one is not None and one.unreadable is None:
            read.append(one)
            continue
        sums.unreadable += 1
        if len(sums.unreadable_raws) < NAMED:
            sums.unreadable_raws.append(row.id)
    return read


def _to_place(one: Translated, changed: Readings) -> Translated:
    """Leave of a raw the facts that look for an order, and those that may name a parcel anew."""
    raw, reworded = one.delivery.raw_id, {event.id for _, event in changed.reworded}

    def looks(event: Event) -> bool:
        if isinstance(event.about, OrderKey) and event.id in reworded:
            return True
        standing = (raw, event.id, place_of(event)) in changed.standing
        return not standing and not isinstance(event.about, StockKey)

    return one._replace(arrivals=tuple(fact for fact in one.arrivals if looks(fact.event)))


def _fold_again(
    connection: Connection, orders: Collection[str], applied: Applied, silent: str | None
) -> None:
    """Believe what the changed timelines say, where no new fact has made us do so already."""
    known, facts = belief.load(connection, orders), timeline.load(connection, orders)
    renewed = Renewed()
    for order in sorted(orders):
        fold = Fold()
        now = fold.extend(facts[order])
        renewed.order(order, known[order], fold, now, received=(), stated=())
    write(connection, renewed, applied, silent)


def _settle(
    connection: Connection,
    read: Sequence[Translated],
    was: Mapping[int, str],
    home: Collection[str],
    sums: Reread,
) -> None:
    """Give every raw that ended otherwise now its one outcome; ``was``: those to be settled."""
    raws = [one.delivery.raw_id for one in read]
    waits = {one.raw_id for one in parking.of_raws(connection, raws)}
    ends: dict[str, list[int]] = {"quarantined": [], "parked": [], "applied": []}
    for one in read:
        raw = one.delivery.raw_id
        quarantine.keep(connection, quarantine.rows_of(one))
        if raw not in was:
            continue
        new = was[raw] == "duplicate" and any(event.id in home for event in one.events)
        if one.unmapped:
            ends["quarantined"].append(raw)
        elif raw in waits:
            ends["parked"].append(raw)
        elif was[raw] == "parked" or new:
            ends["applied"].append(raw)
    for outcome, ended in ends.items():
        inbox.settle(connection, outcome, ended)
    sums.quarantined += len(ends["quarantined"])
