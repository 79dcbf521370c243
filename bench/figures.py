"""Every part of the benchmarks, the figures it yields, and the choice among them."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from bench import (
    door,
    growth,
    pipeline,
    promised,
    recovery,
    snapshot,
    streaming,
    stuck,
    telling,
    versus_naive,
)
from bench.bars import Figure, Progress
from bench.sizes import Sizes
from hub.telemetry import set_up_logging

Measure = Callable[[Sizes, Path, Progress], Iterator[Figure]]

#: what measures -> the figures it yields, in the order they are measured
PARTS: dict[Measure, tuple[str, ...]] = {
    pipeline.measure: pipeline.NAMES,
    versus_naive.measure: ("pipeline_vs_naive",),
    door.measure: ("idle_rss_mb", *door.NAMES),
    telling.measure: telling.NAMES,
    stuck.measure: stuck.NAMES,
    promised.measure: promised.NAMES,
    snapshot.measure: ("snapshot_vs_bare",),
    streaming.measure: streaming.NAMES,
    recovery.measure: ("recovery_s",),
    growth.measure: ("growth_1e6_vs_1e4",),
}
NAMES = tuple(name for names in PARTS.values() for name in names)


def figures(
    sizes: Sizes, folder: Path, progress: Progress, only: Collection[str] = ()
) -> Iterator[Figure]:
    """Measure; yield one figure after the other.

    In: how much of everything; a folder for the databases (on the disk to be measured);
    ``progress`` is told in words what goes on; the names of the figures that are wanted, all if
    left out. What is measured together comes together. Raises ``ValueError`` for a name that is
    no figure's.
    """
    if unknown := set(only) - set(NAMES):
        raise ValueError(
            f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}"
        )
    set_up_logging("warning", json=False)
    folder.mkdir(parents=True, exist_ok=True)
    for measure, names in PARTS.items():
        if not only or set(only) & set(names):
            yield from measure(sizes, folder.resolve(), progress)
