"""The oracle's log at the pace of a cluster: in memory, as here nobody kills the oracle."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.faults.oracle.ledger import Ledger


class LedgerInMemory(Ledger):
    """A line is kept when its number is there; the file has them all when the run is over."""

    def __init__(self, path: Path) -> None:
        super().__init__(":memory:")
        self._path = path

    def close(self) -> None:
        """Write the file, for whoever wants to look, and forget."""
        with closing(sqlite3.connect(self._path)) as file:
            self._connection.backup(file)
        super().close()
