"""How long a sender waits for its 2xx, at a rate that does not wait for the hub; and memory.

The hub is ``tilanne up`` as it comes, pipeline, dispatcher and local mailbox included, on an empty
SQLite file; one signed fact a request, many kept-alive connections. Before each rate the sender
shows against a server that does nothing what it adds by itself.
"""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from bench.bars import Figure, Progress, figure
from bench.day import DAY
from bench.programs import SECRET, Program, Sending, fresh, hub, looking, program, waiting
from bench.sizes import Sizes
from bench.task import Task

SETTLE_S = 2.0  #: a hub that has been ready this long is idle
WARM = 0.15  #: share of the requests at the beginning that does not count
NAMES = ("door_ack_p99_ms_1000", "door_ack_p99_ms", "door_ack_p99_ms_5000")
KEPT_UP = 0.99  #: of the offered rate must be answered 2xx


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield idle_rss_mb, then the figures of NAMES."""
    memory: dict[str, float] = {}
    found = []
    for name, rate in zip(NAMES, sizes.door_rates, strict=True):
        progress(f"the door at {rate:,} facts a second")
        database = fresh(folder / "door.db")
        with hub(folder, database) as up:
            up.wait()
            if not memory:
                sleep(SETTLE_S)
                memory["idle"] = up.memory_mb()
            task = deliver(up, int(rate * sizes.door_seconds), rate=rate)
            with nothing_behind(folder) as nothing:
                alone = Sending(deliver(nothing, rate, rate=rate)).result()
            sent = Sending(task).result()
            behind = believed(database) - sent["ended"]
            memory[f"peak_at_{rate}"] = up.memory_mb("VmHWM")
        found.append(_ack(name, rate, sent, alone, behind))
    yield figure("idle_rss_mb", memory.pop("idle"), **memory)
    yield from found


def _ack(
    name: str, rate: int, sent: Mapping[str, Any], alone: Mapping[str, Any], behind: float
) -> Figure:
    latency = sent["latency_ms"]
    refused = {code: size for code, size in sent["statuses"].items() if not code.startswith("2")}
    return figure(
        name,
        latency["p99"],
        sound=sent["rate"] >= KEPT_UP * rate and not refused,
        offered_per_s=rate,
        acked_per_s=round(sent["rate"], 1),
        refused=refused,
        **{share: latency[share] for share in ("p50", "p90", "p999", "max")},
        believed_after_last_ack_s=round(behind, 3),
        sender_alone_p99=alone["latency_ms"]["p99"],
        sender_busy=round(sent["busy"], 3),
    )


def deliver(to: Program, facts: int, **how: Any) -> Task:
    """Make the task of delivering so many facts of a day that has just ended."""
    start = (datetime.now(UTC) - DAY).replace(microsecond=0)
    given = {"warm": int(facts * WARM), "secret": SECRET, "start": start.isoformat(), **how}
    return Task(port=to.port, requests=facts, **given)


def believed(database: Path, seconds: float = 300) -> float:
    """Wait until everything durable is believed; return when that was, on the stopwatch."""
    with looking(database) as connection:
        for _ in itertools.takewhile(lambda _: waiting(connection), _patiently(seconds)):
            pass
    return perf_counter()


def _patiently(seconds: float) -> Iterator[None]:
    """Go on for so long, looking around now and then."""
    deadline = perf_counter() + seconds
    while True:
        yield
        if perf_counter() > deadline:
            raise RuntimeError(f"the hub has not caught up after {seconds:.0f} s")
        sleep(0.005)


@contextmanager
def nothing_behind(folder: Path) -> Iterator[Program]:
    """Run a server that answers every request and does nothing else."""
    with program(folder, "nothing", "bench.sink", "webhook", "{port}", "/dev/null") as made:
        made.wait("")
        yield made
