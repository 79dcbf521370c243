"""A hub under a steady stream of order facts for a while: does anything grow that should not?

``python -m bench.soak --minutes 10 --rate 500``: one real hub on SQLite, an open loop of signed
deliveries, a store system that is told by webhook, letters into the local mailbox. Every five
seconds it is noted what the hub holds; at the end a line is laid through what was noted after the
warm-up (least squares). Ends with 1 when one of the lines rises more than it may.
"""

import argparse
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from time import perf_counter, sleep

import orjson

from bench.door import deliver
from bench.programs import Program, Sending, fresh, hub, looking, waiting
from bench.telling import told_by_webhook, webhook_sink

EVERY_S = 5.0
WARM = 0.3  #: share of the time at the beginning, in which caches fill
UNPLANNED = "SELECT min(received_at) FROM outbox WHERE planned_at IS NULL"
DUE = "SELECT min(next_at) FROM notice WHERE state = 'due' AND next_at <= ?"


@dataclass(frozen=True, slots=True)
class Line:
    """What may grow: by so much a minute at most, and never over so much."""

    unit: str
    slope: float
    most: float


LINES = {
    "rss": Line("MB", 1.0, 600),
    "open_files": Line("files", 0.5, 250),
    "threads": Line("threads", 0.2, 60),
    "wal": Line("MB", 1.0, 64),
    "outbox_age": Line("s", 0.2, 60),
    "backlog": Line("facts", 20, 5000),
}

Sample = Mapping[str, float]


def sample(up: Program, database: Path, connection: Connection) -> Sample:
    """Note what a hub holds now."""
    process = Path(f"/proc/{up.process.pid}")
    now = datetime.now(UTC)
    text = now.isoformat(timespec="microseconds")
    oldest = [
        connection.execute(UNPLANNED).fetchone()[0],
        connection.execute(DUE, (text,)).fetchone()[0],
    ]
    ages = [(now - datetime.fromisoformat(one)).total_seconds() for one in oldest if one]
    return {
        "rss": up.memory_mb(),
        "open_files": sum(1 for _ in (process / "fd").iterdir()),
        "threads": sum(1 for _ in (process / "task").iterdir()),
        "wal": Path(f"{database}-wal").stat().st_size / 1e6,
        "outbox_age": max(ages, default=0.0),
        "backlog": waiting(connection),
    }


def slope(points: list[tuple[float, float]]) -> float:
    """Return by how much the least-squares line through the points rises in a minute."""
    if len({when for when, _ in points}) < 2:
        return 0.0
    return statistics.linear_regression(*zip(*points, strict=True)).slope * 60


def soak(seconds: float, rate: int, folder: Path, *, every: float = EVERY_S) -> bool:
    """Run the hub for so long; print a line for each thing that may grow; say whether all hold."""
    database = fresh(folder / "soak.db")
    noted: list[tuple[float, Sample]] = []
    with webhook_sink(folder) as sink, hub(folder, database, **told_by_webhook(sink)) as up:
        up.wait()
        sending = Sending(deliver(up, int(rate * seconds), rate=rate))
        start = perf_counter()
        with looking(database) as connection:
            while sending.running():
                noted.append((perf_counter() - start, sample(up, database, connection)))
                _tell(noted)
                sleep(every)
        sent = sending.result()
    steady = [one for one in noted if WARM * seconds <= one[0] <= seconds]
    well = [_judge(name, [(at, one[name]) for at, one in steady]) for name in LINES]
    refused = {code: size for code, size in sent["statuses"].items() if code != "202"}
    latency = sent["latency_ms"]
    kept_up = not refused and sent["rate"] >= 0.99 * rate
    _line(
        name="soak_door",
        rate=round(sent["rate"], 1),
        refused=refused,
        ack_ms=latency,
        holds=kept_up,
    )
    if not (all(well) and kept_up):
        return False
    fresh(database)  # what did not hold is left to be looked into
    return True


def _judge(name: str, points: list[tuple[float, float]]) -> bool:
    bar, values = LINES[name], [value for _, value in points]
    rises, most = slope(points), max(values, default=0.0)
    holds = bool(points) and rises <= bar.slope and most <= bar.most
    _line(
        name=f"soak_{name}",
        slope_per_minute=round(rises, 3),
        slope_bound=bar.slope,
        unit=bar.unit,
        first=round(values[0], 2) if values else None,
        last=round(values[-1], 2) if values else None,
        most=round(most, 2),
        most_bound=bar.most,
        samples=len(values),
        holds=holds,
    )
    return holds


def _line(**fields: object) -> None:
    print(orjson.dumps(fields).decode(), flush=True)


def _tell(noted: list[tuple[float, Sample]]) -> None:
    at, last = noted[-1]
    said = ", ".join(f"{name} {value:,.1f} {LINES[name].unit}" for name, value in last.items())
    print(f"{at:5.0f} s: {said}", file=sys.stderr)


def main() -> None:
    """Soak as the command line says."""
    parser = argparse.ArgumentParser(description="Soak a hub; exit code 1 when something grows.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=500, help="facts per second")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    sys.exit(0 if soak(given.minutes * 60, given.rate, given.folder.resolve()) else 1)


if __name__ == "__main__":
    main()
