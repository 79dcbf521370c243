"""The oracle's log at the pace of a cluster: what waits together is flushed together."""

import asyncio
import queue
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.oracle.ledger import Ledger

Line = tuple[str, tuple[Any, ...], "asyncio.Future[int]"]


class GroupedLedger(Ledger):
    """One file; a line is on disk when its number is there, as in the log it is made from."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._connection.close()
        self._connection = sqlite3.connect(path, isolation_level=None)  # from now on it reads
        self._path = path
        self._lines: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._lines.put(None)
        self._thread.join()
        super().close()

    async def _write(self, statement: str, *values: Any) -> int:
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._lines.put((statement, values, done))
        return await asyncio.shield(done)  # whoever waits may go; the line is written all the same

    # --- on the thread -------------------------------------------------------------------------

    def _keep(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        more = True
        while more:
            lines = [self._lines.get()]
            with suppress(queue.Empty):
                while True:
                    lines.append(self._lines.get_nowait())
            more = None not in lines
            self._flush(connection, [line for line in lines if line is not None])
        connection.close()

    def _flush(self, connection: sqlite3.Connection, lines: list[Line]) -> None:
        if not lines:
            return
        connection.execute("BEGIN")
        numbers = [
            int(connection.execute(statement, values).lastrowid or 0)
            for statement, values, _ in lines
        ]
        connection.execute("COMMIT")
        done = [line[2] for line in lines]
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            done[0].get_loop().call_soon_threadsafe(_tell, done, numbers)


def _tell(done: list["asyncio.Future[int]"], numbers: list[int]) -> None:
    for future, number in zip(done, numbers, strict=True):
        if not future.done():
            future.set_result(number)
