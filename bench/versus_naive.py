"""The hub beside the program most people would write: order facts believed a second, over HTTP.

Both get the same signed bodies from the same sender, as fast as they answer; both have the same
mail server, which takes everything at once. The naive program (``bench.naive``) keeps to its
tutorial; in the detail it is run once more with a write-ahead log. Each may choose how many
connections suit it best. Its clock stops with its last answer: by then it has written its rows. The
hub's stops when all of it is believed, which is later than the last answer.

Also in the detail, the same without HTTP, signature and mail: the hub's pipeline on raws that are
durable already, beside the naive endpoint called as a function, again as it is and with the log.
"""

import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.bars import Figure, Progress, figure
from bench.day import deliveries
from bench.door import believed, deliver
from bench.engine import append, drain
from bench.programs import ROOT, SECRET, Program, Sending, fresh, hub, program
from bench.sizes import Sizes
from hub.store.migrate import migrate
from hub.store.session import Store

HUB_LINES = 64
SLOWER = 8  #: the naive program gets so many times fewer facts, or it would take minutes


@dataclass(slots=True)
class Naive:
    """The naive program with one habit, and what became of its runs."""

    settings: Mapping[str, str]
    lines: int = 0  #: connections that suit it
    speeds: list[float] = field(default_factory=list)  #: facts per second
    errors: int = 0

    @property
    def speed(self) -> float:
        """Return the median of its runs."""
        return statistics.median(self.speeds)


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield pipeline_vs_naive."""
    facts, few = sizes.naive_facts, sizes.naive_facts // SLOWER
    plain, logging = both = Naive({}), Naive({"NAIVE_WAL": "1"})
    ours = []
    with mail_server(folder) as mail:
        for naive in both:
            tries = {n: _naive(folder, mail, few, n, naive)[0] for n in sizes.naive_lines}
            naive.lines = max(tries, key=lambda one: tries[one])
        for run in range(sizes.naive_runs):
            ours.append(_hub(folder, mail, facts))
            for naive in both:
                speed, failed = _naive(folder, mail, few, naive.lines, naive)
                naive.speeds.append(speed)
                naive.errors += failed
            beside = f"naive {plain.speeds[-1]:,.0f}/s, with WAL {logging.speeds[-1]:,.0f}/s"
            progress(f"run {run + 1}: hub {ours[-1]:,.0f}/s, {beside}")
    engine = _pipeline_alone(folder, facts)
    alone = [_naive_alone(folder, few, naive) for naive in both]
    yield figure(
        "pipeline_vs_naive",
        _ratio(ours, plain),
        hub_facts_per_s=round(statistics.median(ours), 1),
        naive_facts_per_s=round(plain.speed, 1),
        naive_connections=plain.lines,
        naive_errors=plain.errors,
        with_wal=round(_ratio(ours, logging), 2),
        with_wal_facts_per_s=round(logging.speed, 1),
        with_wal_connections=logging.lines,
        with_wal_errors=logging.errors,
        without_http=round(engine / alone[0], 2),
        without_http_with_wal=round(engine / alone[1], 2),
        without_http_facts_per_s=[round(one, 1) for one in (engine, *alone)],
    )


def _ratio(ours: Sequence[float], naive: Naive) -> float:
    return statistics.median(hub / theirs for hub, theirs in zip(ours, naive.speeds, strict=True))


def _hub(folder: Path, mail: Program, facts: int) -> float:
    """Return the facts per second the hub takes in and believes."""
    database = fresh(folder / "versus.db")
    with hub(folder, database, TILANNE_SMTP_URL=f"smtp://127.0.0.1:{mail.port}") as up:
        up.wait()
        sent = Sending(deliver(up, facts, connections=HUB_LINES, warm=0)).result()
        _all_taken(sent, facts)
        return facts / (believed(database) - float(sent["begun"]))


def _all_taken(sent: Mapping[str, Any], facts: int) -> None:
    if sent["done"] != facts:
        raise RuntimeError(f"not every fact was taken: {sent['statuses']}")


def _naive(folder: Path, mail: Program, facts: int, lines: int, habit: Naive) -> tuple[float, int]:
    """Return the facts per second the naive program takes in, and how many it failed at."""
    settings = _settings(folder, mail.port, habit)
    argv = ("uvicorn", "bench.naive:app", "--port", "{port}", "--no-access-log")
    with program(folder, "naive", *argv, "--log-level", "error", **settings) as naive:
        naive.wait()
        sent = Sending(deliver(naive, facts, connections=lines, warm=0)).result()
        return float(sent["rate"]), facts - int(sent["done"])


def _settings(folder: Path, mail_port: int, habit: Naive) -> dict[str, str]:
    return {
        **habit.settings,
        "NAIVE_SECRET": SECRET,
        "NAIVE_DATABASE": f"sqlite:///{fresh(folder / 'naive.db')}",
        "NAIVE_MAIL_PORT": str(mail_port),
    }


def _pipeline_alone(folder: Path, facts: int) -> float:
    store = Store(f"sqlite:///{fresh(folder / 'versus.db')}")
    try:
        migrate(store)
        append(store, list(deliveries(facts)))
        return facts / asyncio.run(drain(store))
    finally:
        store.close()


def _naive_alone(folder: Path, facts: int, habit: Naive) -> float:
    """Return the facts per second of the naive endpoint called as a function."""
    argv = [sys.executable, "-m", "bench.naive_alone", str(facts)]
    found = subprocess.run(
        argv,
        cwd=ROOT,
        env=os.environ | _settings(folder, 0, habit),
        capture_output=True,
        check=True,
    )
    return float(found.stdout)


@contextmanager
def mail_server(folder: Path) -> Iterator[Program]:
    """Run a mail server that takes every letter at once."""
    kept = folder / "mail.json"
    with program(folder, "mail", "bench.sink", "mail", "{port}", str(kept)) as made:
        made.wait("")
        yield made
