"""How long after it was accepted each fact was told, by the oracle's watch alone.

The watch stands still while something that a fact has to pass was taken away on purpose.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tests.faults.oracle import model
from tests.faults.oracle.judge import Case, readers
from tests.faults.oracle.model import ENDS, LADDER, Order
from tests.faults.oracle.told import Reader

PROMISE = 60.0  #: seconds from accepted to told
ABOVE_ALL = ("cancelled", "correction")  #: whoever reads one of these needs no step before it


class Outage(NamedTuple):
    """What was taken away, from when to when."""

    what: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Wait:
    """One fact that a reader had to hear of, and how long it took."""

    order: str
    milestone: str
    reader: Reader
    seconds: float  #: less what was out of reach meanwhile
    accepted: float  #: when


def waits(case: Case, outages: Sequence[Outage]) -> Iterator[Wait]:
    """Yield the wait of every fact that was told, or that made way for a later one."""
    accepted = _accepted(case)
    heard: dict[tuple[Reader, str], list[tuple[float, int]]] = defaultdict(list)
    for one in case.told.tellings:
        heard[one.reader, one.order].append((one.at, _rung(one.milestone)))
    for name, order in case.orders.items():
        for reader in readers(case, name, order):
            yield from _of_one(name, order, reader, accepted, heard[reader, name], outages)


def _of_one(
    name: str,
    order: Order,
    reader: Reader,
    accepted: Mapping[str, float],
    heard: Sequence[tuple[float, int]],
    outages: Sequence[Outage],
) -> Iterator[Wait]:
    known = min(accepted[fact] for fact, (_, what) in order.facts.items() if what == "placed")
    for fact, (_, what) in order.facts.items():
        if what not in ENDS:
            continue
        milestone, since = ENDS[what][1], max(accepted[fact], known)
        told = [at for at, rung in heard if rung >= _rung(milestone)]
        if told:
            seconds = min(told) - since - _away(outages, since, min(told))
            yield Wait(name, milestone, reader, max(seconds, 0.0), since)


def _accepted(case: Case) -> dict[str, float]:
    """Return when each fact was first said to be taken."""
    found: dict[str, float] = {}
    for body, at in case.ledger.rows(
        "SELECT d.body, min(s.ended_at) FROM delivery d JOIN sending s ON s.delivery = d.n"
        " WHERE s.status BETWEEN 200 AND 299 GROUP BY d.n"
    ):
        for fact in model.fact_ids(body):
            found[fact] = min(at, found.get(fact, at))
    return found


def _rung(milestone: str) -> int:
    if milestone in ABOVE_ALL:
        return len(LADDER)
    return LADDER.index(milestone) if milestone in LADDER else -1


def _away(outages: Sequence[Outage], since: float, until: float) -> float:
    """Return the seconds between two moments in which at least one thing was away."""
    away, end = 0.0, since
    for one in sorted(outages, key=lambda outage: outage.since):
        begin = max(one.since, end)
        end = max(end, min(one.until, until))
        away += max(0.0, min(one.until, until) - begin)
    return away


def summary(found: Sequence[Wait]) -> dict[str, object]:
    """Return the waits in figures, with the latest ones by name."""
    ordered = sorted(found, key=lambda wait: wait.seconds)
    late = [one for one in ordered if one.seconds > PROMISE]
    at = {p: ordered[min(int(len(ordered) * p), len(ordered) - 1)].seconds for p in (0.5, 0.99)}
    return {
        "waits": len(ordered),
        "wait_p50": round(at[0.5], 3),
        "wait_p99": round(at[0.99], 3),
        "wait_max": round(ordered[-1].seconds, 3),
        "late": len(late),
        "late_examples": [
            f"{one.milestone} of {one.order} to {one.reader[1]} after {one.seconds:.1f} s"
            for one in late[-5:]
        ],
    }
