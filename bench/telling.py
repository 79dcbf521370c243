"""How soon a store system hears of a fact: from the 2xx at the door to the webhook's arrival.

The clock starts when the vendor's machine has the answer, and stops in the receiving program; both
read the kernel's one monotonic clock. Facts of which nobody is told do not count; of one that is
told several times the first counts. The customers' letters go to the local mailbox meanwhile.
"""

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter, sleep

import orjson

from bench.bars import Figure, Progress, figure
from bench.day import deliveries
from bench.door import deliver
from bench.programs import SECRET, Program, Sending, fresh, hub, looking, program
from bench.sizes import Sizes
from bench.task import Task

NAMES = ("fact_to_attempt_p99_ms", "fact_to_attempt_p99_ms_1000")
#: until none of these waits, not everything is told
UNTOLD = (
    "SELECT (SELECT count(*) FROM outbox WHERE planned_at IS NULL)"
    " + (SELECT count(*) FROM notice WHERE state IN ('due', 'leased'))"
)


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield the figures of NAMES: with little to do, and with much."""
    for name, rate in zip(NAMES, (sizes.idle_rate, sizes.busy_rate), strict=True):
        progress(f"from fact to webhook at {rate:,} facts a second")
        yield _at_rate(name, rate, sizes, folder)


def _at_rate(name: str, rate: int, sizes: Sizes, folder: Path) -> Figure:
    database, acks = fresh(folder / "telling.db"), folder / "acks.json"
    with webhook_sink(folder) as sink:
        with hub(folder, database, **told_by_webhook(sink)) as up:
            up.wait()
            task = deliver(up, int(rate * sizes.telling_seconds), rate=rate, keep=str(acks))
            sent = Sending(task).result()
            left = all_told(database, sizes.drain_seconds)
        sink.end()
        waits = waits_of(task, json.loads(acks.read_text()), folder / "sink.json")
    return figure(
        name,
        share(waits, 0.99),
        sound=left == 0 and bool(waits) and sent["statuses"].keys() == {"202"},
        facts_per_s=round(sent["rate"], 1),
        facts_told=len(waits),
        p50=round(statistics.median(waits), 3) if waits else None,
        p90=share(waits, 0.9),
        max=share(waits, 1),
        untold_after_all=left,
        ack_p99_ms=sent["latency_ms"]["p99"],
    )


def all_told(database: Path, seconds: float, untold: str = UNTOLD) -> int:
    """Wait until everybody is told, or so long; return how many still are not."""
    deadline = perf_counter() + seconds
    with looking(database) as connection:
        while (left := connection.execute(untold).fetchone()[0]) and perf_counter() < deadline:
            sleep(0.1)
    return int(left)


def waits_of(task: Task, acked: list[float], arrived: Path) -> list[float]:
    """Return, in ms, how long after its 2xx each fact that is told of was told, sorted."""
    first: dict[tuple[str, datetime], float] = {}
    for when, told in json.loads(arrived.read_text()):
        happened = datetime.fromisoformat(told["occurred_at"])
        first.setdefault((told["external_id"], happened), when)
    waits = []
    bodies = deliveries(task.requests, first=task.first, start=datetime.fromisoformat(task.start))
    for number, body in enumerate(bodies):
        event = orjson.loads(body)
        key = (event["id"].partition("-")[0], datetime.fromisoformat(event["time"]))
        if number >= task.warm and key in first and acked[number]:
            waits.append((first[key] - acked[number]) * 1000)
    return sorted(waits)


def share(ordered: list[float], part: float) -> float:
    """Return the value below which that part of them lies."""
    if not ordered:
        return 0.0
    return round(ordered[min(int(len(ordered) * part), len(ordered) - 1)], 3)


def told_by_webhook(sink: Program) -> dict[str, str]:
    """Return the settings of a hub that tells a sink on this machine."""
    to = {"name": "bench", "url": f"http://127.0.0.1:{sink.port}/hook", "secret": SECRET}
    return {
        "TILANNE_SINKS": json.dumps([to]),
        "TILANNE_SINK_NETWORKS": json.dumps(["127.0.0.0/8"]),
    }


@contextmanager
def webhook_sink(folder: Path) -> Iterator[Program]:
    """Run a store system that notes what it is told, in sink.json."""
    kept = folder / "sink.json"
    with program(folder, "sink", "bench.sink", "webhook", "{port}", str(kept)) as made:
        made.wait("")
        yield made
