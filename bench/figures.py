"""The figures of the benchmarks: name, value, unit, the floor that must hold and the goal."""

import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.day import LIFE, deliveries
from bench.pipeline import hub_with, side_by_side


def figures(
    *, facts: int, runs: int, orders: int, folder: Path, progress: Callable[[str], None]
) -> Iterator[dict[str, object]]:
    """Measure; yield one figure after the other.

    In: facts per run, number of runs (the median counts), how many orders the hub holds before the
    clock starts, a folder for the databases (on the disk to be measured). ``progress`` is told in
    words what goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    old = orders * len(LIFE)
    bodies = list(deliveries(old + facts))
    progress(f"filling a hub with {orders:,} orders")
    full = hub_with(folder / "full.db", bodies[:old], bodies[old:])
    held = side_by_side(full, facts, runs, progress)
    yield _figure("pipeline_vs_bare", held.ratio, "ratio", floor=0.30, goal=0.60)
    yield _figure("pipeline_facts_per_s", statistics.median(held.hub), "facts/s")
    yield _figure("bare_facts_per_s", statistics.median(held.bare), "facts/s")
    share = held.statements / facts
    yield _figure("statements_per_fact", share, "statements", floor=0.2, goal=0.1, less=True)
    progress("the same on an empty hub")
    empty = hub_with(folder / "empty.db", [], bodies[:facts])
    yield _figure(
        "pipeline_vs_bare_empty", side_by_side(empty, facts, runs, progress).ratio, "ratio"
    )


def _figure(
    name: str,
    value: float,
    unit: str,
    *,
    floor: float | None = None,
    goal: float | None = None,
    less: bool = False,
) -> dict[str, object]:
    """Make one figure; ``less``: smaller is better. Without a floor there is nothing to hold."""
    holds = None if floor is None else (value <= floor if less else value >= floor)
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "floor": floor,
        "goal": goal,
        "holds": holds,
    }
