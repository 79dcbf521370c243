"""How soon a hub is ready again after kill -9, with fifty thousand deliveries waiting.

A hub at work is killed. What waits in its log is then made to be so many by the door's own code, in
a process that is killed as well: the journal is left as a crash leaves it. The clock runs from the
start of the new hub to its first 200 at /health/ready, and on until everything is believed.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import sleep

from bench.bars import Figure, Progress, figure
from bench.day import deliveries
from bench.door import believed, deliver
from bench.engine import append
from bench.programs import ROOT, Sending, fresh, hub, looking, waiting
from bench.sizes import Sizes
from hub.store.session import Store

KILLED_AFTER_S = 1.0
AHEAD = 1_000_000  #: number of the first order of those that wait
#: every raw that was ever durable has its mark in the inbox
LOST = "SELECT (SELECT count(*) FROM raw) - (SELECT count(*) FROM inbox)"


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield recovery_s."""
    database = fresh(folder / "recovery.db")
    with hub(folder, database) as up:
        up.wait()
        sending = Sending(deliver(up, 4 * sizes.raws_waiting // 50, rate=sizes.raws_waiting // 50))
        sleep(KILLED_AFTER_S)
        up.end(signal.SIGKILL)
        sending.result()
    progress(f"{sizes.raws_waiting:,} deliveries are made to wait, then the hub starts again")
    argv = [sys.executable, "-m", "bench.recovery", str(database), str(sizes.raws_waiting)]
    subprocess.run(argv, cwd=ROOT, check=False)
    with looking(database) as connection:
        before = waiting(connection)
    with hub(folder, database) as up:
        ready = up.wait()
        drained = believed(database, 600) - up.started
        memory = up.memory_mb("VmHWM")
    with looking(database) as connection:
        (lost,) = connection.execute(LOST).fetchone()
    yield figure(
        "recovery_s",
        ready,
        sound=lost == 0 and before >= sizes.raws_waiting,
        waiting=before,
        drained_s=round(drained, 3),
        drained_facts_per_s=round(before / (drained - ready), 1),
        lost=lost,
        peak_mb=round(memory, 1),
    )


def leave_waiting(database: Path, raws: int) -> None:
    """Make deliveries durable until so many wait, then end as a crash does."""
    with looking(database) as connection:
        missing = raws - waiting(connection)
    store = Store(f"sqlite:///{database}")
    bodies = list(deliveries(max(missing, 0), first=AHEAD))
    for begin in range(0, len(bodies), 500):
        append(store, bodies[begin : begin + 500])
    signal.raise_signal(signal.SIGKILL)


if __name__ == "__main__":
    leave_waiting(Path(sys.argv[1]), int(sys.argv[2]))
