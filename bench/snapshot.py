"""How many snapshots of an order the hub gives a second, beside a bare route with the same bytes.

Both are asked by the same sender on the same number of connections, as fast as they answer, in
turn. The hub holds ten orders and has nothing else to do; it checks the key, reads the order from
the database and writes its JSON for every answer.
"""

import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.bars import Figure, Progress, figure
from bench.day import LIFE
from bench.door import believed, deliver
from bench.programs import KEY, Program, Sending, fresh, hub, program
from bench.sizes import Sizes
from bench.task import Task

ORDERS = 10
LINES = 32  #: connections
PATH = "/v1/orders/bench:7"


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield snapshot_vs_bare."""
    database, body = fresh(folder / "snapshot.db"), folder / "snapshot.json"
    argv = ("uvicorn", "bench.bare_route:app", "--port", "{port}", "--no-access-log")
    with hub(folder, database) as up:
        up.wait()
        Sending(deliver(up, ORDERS * len(LIFE), connections=1, warm=0)).result()
        believed(database)
        body.write_bytes(up.ask(PATH)[1])
        with program(folder, "bare", *argv, BARE_BODY=str(body)) as bare:
            bare.wait(PATH)
            ours, theirs = [], []
            for run in range(sizes.runs):
                ours.append(_asked(up, sizes.reads))
                theirs.append(_asked(bare, sizes.reads))
                progress(f"run {run + 1}: hub {ours[-1]:,.0f}/s, bare {theirs[-1]:,.0f}/s")
    yield figure(
        "snapshot_vs_bare",
        statistics.median(hub / bare for hub, bare in zip(ours, theirs, strict=True)),
        hub_per_s=round(statistics.median(ours), 1),
        bare_per_s=round(statistics.median(theirs), 1),
        bytes=body.stat().st_size,
    )


def _asked(of: Program, reads: int) -> float:
    task = Task(
        port=of.port, requests=reads, connections=LINES, warm=reads // 10, path=PATH, key=KEY
    )
    sent = Sending(task).result()
    if sent["statuses"].keys() != {"200"}:
        raise RuntimeError(f"not every snapshot came: {sent['statuses']}")
    return float(sent["rate"])
