"""Starts the hub's commands so that the process ends itself at a named place of an order's way.

``python -m tests.faults.armed pipeline.belief 2 up`` passes the place once and dies at the second
time, as by kill -9. The product knows nothing of this but ``hub.crashpoints``.
"""

import itertools
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hub.cli.main import main
from hub.crashpoints import arm


def die_at(place: str, nth: int) -> None:
    """End this process when it passes a place for the nth time: no handler runs."""
    passed = itertools.count(1)

    def pass_by(name: str) -> None:
        if name == place and next(passed) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    arm(pass_by)


def run(
    command: Sequence[str], environment: Mapping[str, str], log: Path, place: str, nth: int
) -> None:
    """Run a command of the hub in this process, which was forked for it; speak into ``log``."""
    into = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(into, 1)
    os.dup2(into, 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["tilanne", *command]
    if place:
        die_at(place, nth)
    main()


if __name__ == "__main__":
    die_at(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["tilanne", *sys.argv[3:]]
    main()
