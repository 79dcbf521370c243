"""What one more fact costs in a hub that holds a million orders, beside one that holds few.

Both databases are filled in the same way (``bench.filling``) and take the same facts: those of
new orders, and for one fact in eight another scan of a parcel of some order told long ago, which
has to be read from wherever it lies. The runs alternate, small, big, small, big; the first pair
does not count. The small database is copied for each run; the big one just goes on.
"""

import asyncio
import random
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.bars import Figure, Progress, figure
from bench.day import LIFE, body, deliveries
from bench.engine import append, drain, tell
from bench.filling import COPIES, filled
from bench.programs import fresh
from bench.sizes import Sizes
from hub.store.session import Store

NEWCOMERS = 5_000_000  #: number of the first order that comes while the clock runs
LATE = 8  #: one fact in so many is about a stored order
BYTES = 14_000  #: on disk, of one settled order with all that belongs to it
PLANNED = "UPDATE outbox SET planned_at = received_at WHERE planned_at IS NULL"


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield growth_1e6_vs_1e4."""
    needed, free = sizes.growth_orders[1] * BYTES, shutil.disk_usage(folder).free
    if free < needed * 1.2:
        have = f"{folder} has {free / 1e9:.0f} GB left"
        progress(f"growth is left out: it needs {needed / 1e9:.0f} GB, {have}")
        return
    try:
        yield _measured(sizes, folder, progress)
    finally:
        for name in ("small", "big", "growth", "originals"):
            fresh(folder / f"{name}.db")


def _measured(sizes: Sizes, folder: Path, progress: Progress) -> Figure:
    few, many = sizes.growth_orders
    small = filled(folder / "small.db", few, progress)
    progress(f"filling a hub with {many:,} orders: some {many * BYTES / 1e9:.1f} GB in {folder}")
    big = filled(folder / "big.db", many, progress)
    taking: dict[int, list[float]] = {few: [], many: []}
    telling: dict[int, list[float]] = {few: [], many: []}
    for run in range(sizes.runs + 1):
        copy = Path(shutil.copy(small, fresh(folder / "growth.db")))
        for orders, path in ((few, copy), (many, big)):
            took, told = _run(path, orders, run, sizes)
            if run or sizes.runs == 1:
                taking[orders].append(took)
                telling[orders].append(told)
            progress(f"run {run}, {orders:,} orders: {took * 1e6:,.0f} µs a fact")
    cost = {orders: statistics.median(several) for orders, several in taking.items()}
    told_cost = {orders: statistics.median(several) for orders, several in telling.items()}
    return figure(
        "growth_1e6_vs_1e4",
        cost[many] / cost[few],
        orders=[few, many],
        fact_us=[round(cost[few] * 1e6, 1), round(cost[many] * 1e6, 1)],
        runs=[round(more / less, 3) for less, more in zip(*taking.values(), strict=True)],
        telling_ratio=round(told_cost[many] / told_cost[few], 3),
        telling_fact_us=[round(told_cost[few] * 1e6, 1), round(told_cost[many] * 1e6, 1)],
        database_gb=round(big.stat().st_size / 1e9, 2),
    )


def _run(path: Path, orders: int, run: int, sizes: Sizes) -> tuple[float, float]:
    """Return the seconds a fact takes to be believed, and the seconds its telling takes."""
    store = Store(f"sqlite:///{path}")
    try:
        facts, told = sizes.growth_facts, sizes.growth_told
        append(store, _facts(facts, orders, run))
        took = asyncio.run(drain(store))
        # What this many facts have to tell would take minutes; the telling is measured with fewer.
        store.write_now(lambda connection: connection.exec_driver_sql(PLANNED))
        append(store, _facts(told, orders, run + 500))
        return took / facts, asyncio.run(_told(store)) / told
    finally:
        store.close()


async def _told(store: Store) -> float:
    await drain(store)
    return await tell(store)


def _facts(size: int, orders: int, run: int) -> list[bytes]:
    """Make the facts of a run; no other run has the same."""
    dice = random.Random(run)
    new = -(-size * (LATE - 1) // LATE)
    facts = list(deliveries(new, first=NEWCOMERS + run * (size // len(LIFE) + 1)))
    for stored in dice.sample(range(orders), size - new):
        late = body(COPIES + stored, 5, again=f"-run{run}")
        facts.insert(dice.randrange(len(facts)), late)
    return facts
