"""A line to PostgreSQL that is cut at a commit: before the server hears of it, or after."""

import select
import socket
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

NAME = ".s.PGSQL.5432"  #: how the driver calls the socket in a server's folder
COMMIT = b"COMMIT\x00"


class CutLine:
    """Stands between a hub and its server. ``url``: where the hub is to look for the server."""

    def __init__(self, server: str, folder: Path) -> None:
        """Listen in ``folder`` for those who want to speak to ``server``."""
        parts = urlsplit(server)
        self._there = str(Path(parse_qs(parts.query)["host"][0]) / NAME)
        self.url = parts._replace(query=urlencode({"host": str(folder)})).geturl()
        self.cuts: list[str] = []  #: at the commits that come next: "", "before" or "after"
        self.done = 0  #: lines that were cut
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / NAME))
        self._door.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                there = socket.socket(socket.AF_UNIX)
                there.connect(self._there)
                threading.Thread(target=self._carry, args=(here, there), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with here, there, suppress(OSError):
            while True:
                ready, _, _ = select.select([here, there], [], [])
                if there in ready:
                    if not (answer := there.recv(65536)):
                        return
                    here.sendall(answer)
                if here not in ready:
                    continue
                if not (asked := here.recv(65536)) or not self._ask(asked, there):
                    return

    def _ask(self, asked: bytes, there: socket.socket) -> bool:
        """Pass on what is asked; False when the line is cut at it."""
        cut = self.cuts.pop(0) if COMMIT in asked and self.cuts else ""
        if cut == "before":
            self.done += 1
            return False
        there.sendall(asked)
        if cut == "after":
            there.recv(65536)  # the server says that it is done; nobody hears of it
            self.done += 1
            return False
        return True
