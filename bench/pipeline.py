"""How fast facts become belief, beside a bare loop that writes the same rows as durably.

Both sides write to SQLite with WAL and synchronous=FULL. The hub's side is the real pipeline on
raws that are already durable. The bare side is handed the very statements and rows the pipeline
wrote, transaction by transaction, and does nothing but execute them with the sqlite3 module: no
parsing, no look-ups, no folding. What lies between the two is the price of understanding.
"""

import asyncio
import sqlite3
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import event

from bench.day import START, deliveries
from connectors.registry import discover
from hub.config import Settings
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.store.tables import RawRow

RAW = RawRow.__table__  # type: ignore[attr-defined]

Statement = tuple[str, Any, bool]  #: SQL, parameters, whether it is for many rows


@dataclass(slots=True)
class Written:
    """What the pipeline did to the database, transaction by transaction."""

    transactions: list[list[Statement]] = field(default_factory=lambda: [[]])
    statements: int = 0  #: reading ones included


def figures(
    *, facts: int, runs: int, folder: Path, progress: Callable[[str], None]
) -> Iterator[dict[str, object]]:
    """Measure; yield one figure after the other.

    In: facts per run, number of runs (the median counts), a folder for the databases (on the disk
    to be measured). ``progress`` is told in words what goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bodies = list(deliveries(facts))
    written = Written()
    _pipeline(folder / "warm.db", bodies, written)
    ratios, speeds, bare_speeds = [], [], []
    for run in range(runs):
        hub = facts / _pipeline(folder / "hub.db", bodies, None)
        bare = facts / _bare(folder / "bare.db", written)
        progress(f"run {run + 1} of {runs}: pipeline {hub:,.0f}/s, bare {bare:,.0f}/s")
        ratios.append(hub / bare)
        speeds.append(hub)
        bare_speeds.append(bare)
    yield _figure("pipeline_vs_bare", statistics.median(ratios), "ratio", floor=0.30, goal=0.60)
    yield _figure("pipeline_facts_per_s", statistics.median(speeds), "facts/s")
    yield _figure("bare_facts_per_s", statistics.median(bare_speeds), "facts/s")
    share = written.statements / facts
    yield _figure("statements_per_fact", share, "statements", floor=0.2, goal=0.1, less=True)


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


def _fresh(path: Path) -> Path:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    return path


def _pipeline(path: Path, bodies: list[bytes], written: Written | None) -> float:
    """Return the seconds the pipeline takes for raws that are already durable."""
    store = Store(f"sqlite:///{_fresh(path)}")
    try:
        migrate(store)
        rows = [
            {
                "connector": "canonical",
                "source": "bench",
                "received_at": START,
                "headers": "{}",
                "body": body,
            }
            for body in bodies
        ]
        store.write_now(lambda connection: connection.execute(RAW.insert(), rows))
        # The raws are in their place before the clock starts, not in a journal still to be moved.
        with store.reader.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        if written is not None:
            _listen(store, written)
        return asyncio.run(_drain(store))
    finally:
        store.close()


async def _drain(store: Store) -> float:
    translator = Translator(discover(), Settings(secrets={"canonical": "whsec_"}))  # type: ignore[dict-item]
    pipeline = Pipeline(store, translator, lambda _: None)
    start = perf_counter()
    while await pipeline.step():
        pass
    return perf_counter() - start


def _listen(store: Store, written: Written) -> None:
    def statement(
        _connection: object, _cursor: object, sql: str, rows: Any, _context: object, many: bool
    ) -> None:
        if sql.startswith("BEGIN"):
            return
        written.statements += 1
        if not sql.lstrip().startswith("SELECT"):
            # One statement with many VALUES is announced as "many" too, with one flat tuple.
            written.transactions[-1].append((sql, rows, many and isinstance(rows, list)))

    event.listen(store.engine, "before_cursor_execute", statement)
    event.listen(store.engine, "commit", lambda _: written.transactions.append([]))


def _bare(path: Path, written: Written) -> float:
    """Return the seconds a bare loop takes to write what the pipeline wrote."""
    store = Store(f"sqlite:///{_fresh(path)}")
    migrate(store)
    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
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
