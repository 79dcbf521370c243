"""How fast facts become belief, beside a bare loop that writes the same rows as durably.

Both sides work on copies of one SQLite database, with WAL and synchronous=FULL: once a hub that
holds so many orders already, and once an empty one, in which the bare loop has its easiest time
because every index is small. The hub's side is the real pipeline on raws that are already durable.
The bare side is handed the very statements and rows the pipeline wrote, transaction by transaction,
and does nothing but execute them with the sqlite3 module: no parsing, no look-ups, no folding. What
lies between the two is the price of understanding.
"""

import asyncio
import shutil
import sqlite3
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import event

from bench.bars import Figure, Progress, figure
from bench.day import LIFE, deliveries
from bench.engine import drain, hub_with
from bench.programs import fresh
from bench.sizes import Sizes
from hub.store.session import Store

Statement = tuple[str, Any, bool]  #: SQL, parameters, whether it is for many rows
NAMES = (
    "pipeline_vs_bare",
    "pipeline_facts_per_s",
    "bare_facts_per_s",
    "statements_per_fact",
    "pipeline_vs_bare_empty",
)
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536")


@dataclass(slots=True)
class Written:
    """What the pipeline did to the database, transaction by transaction."""

    transactions: list[list[Statement]] = field(default_factory=lambda: [[]])
    statements: int = 0  #: reading ones included


@dataclass(frozen=True, slots=True)
class Measured:
    """Facts per second of both sides, run by run, and the statements the pipeline needed."""

    hub: list[float]
    bare: list[float]
    statements: int

    @property
    def ratio(self) -> float:
        """Return the median of the runs' ratios."""
        return statistics.median(hub / bare for hub, bare in zip(self.hub, self.bare, strict=True))


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield the figures of NAMES."""
    facts, old = sizes.pipeline_facts, sizes.pipeline_orders * len(LIFE)
    bodies = list(deliveries(old + facts))
    progress(f"filling a hub with {sizes.pipeline_orders:,} orders")
    full = hub_with(folder / "full.db", bodies[:old], bodies[old:])
    held = side_by_side(full, facts, sizes.runs, progress)
    yield figure("pipeline_vs_bare", held.ratio)
    yield figure("pipeline_facts_per_s", statistics.median(held.hub))
    yield figure("bare_facts_per_s", statistics.median(held.bare))
    yield figure("statements_per_fact", held.statements / facts)
    progress("the same on an empty hub")
    empty = hub_with(folder / "empty.db", [], bodies[:facts])
    ratio = side_by_side(empty, facts, sizes.runs, progress).ratio
    for name in ("full", "empty", "hub", "bare"):
        fresh(folder / f"{name}.db")
    yield figure("pipeline_vs_bare_empty", ratio)


def side_by_side(base: Path, facts: int, runs: int, progress: Progress) -> Measured:
    """Let both sides take in the raws that wait in ``base``, each run on fresh copies."""
    written = Written()
    _pipeline(base, written)
    measured = Measured([], [], written.statements)
    for run in range(runs):
        measured.hub.append(facts / _pipeline(base, None))
        measured.bare.append(facts / _bare(base, written))
        speeds = f"pipeline {measured.hub[-1]:,.0f}/s, bare {measured.bare[-1]:,.0f}/s"
        progress(f"run {run + 1} of {runs}: {speeds}")
    return measured


def _copy(base: Path, name: str) -> Path:
    return Path(shutil.copy(base, fresh(base.with_name(name))))


def _pipeline(base: Path, written: Written | None) -> float:
    """Return the seconds the pipeline takes for the raws that wait in a copy of ``base``."""
    store = Store(f"sqlite:///{_copy(base, 'hub.db')}")
    try:
        if written is not None:
            listen(store, written)
        return asyncio.run(drain(store))
    finally:
        store.close()


def listen(store: Store, written: Written) -> None:
    """Note what is done to the database from now on."""

    def statement(
        _connection: object,
        _cursor: object,
        sql: str,
        rows: Any,
        _context: object,
        many: bool,  # noqa: FBT001 - the library calls it so
    ) -> None:
        if sql.startswith("BEGIN"):
            return
        written.statements += 1
        if not sql.lstrip().startswith("SELECT"):
            # One statement with many VALUES is announced as "many" too, with one flat tuple.
            written.transactions[-1].append((sql, rows, many and isinstance(rows, list)))

    def look_up(*_: object) -> None:
        written.statements += 1

    event.listen(store.engine, "before_cursor_execute", statement)
    event.listen(store.reader, "before_cursor_execute", look_up)
    event.listen(store.engine, "commit", lambda _: written.transactions.append([]))


def _bare(base: Path, written: Written) -> float:
    """Return the seconds a bare loop takes to write into a copy of ``base`` the same rows."""
    connection = sqlite3.connect(_copy(base, "bare.db"), isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        start = perf_counter()
        for transaction in written.transactions:
            connection.execute("BEGIN IMMEDIATE")
            for sql, rows, many in transaction:
                if many:
                    connection.executemany(sql, rows)
                else:
                    connection.execute(sql, rows).fetchall()
            connection.execute("COMMIT")
        return perf_counter() - start
    finally:
        connection.close()
