"""The programs a benchmark starts beside itself: a hub as in life, other servers, the sender."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from bench.task import Task

ROOT = Path(__file__).resolve().parents[1]
SECRET = "whsec_YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcms="
KEY = "bench-key-0123456789"
PATIENCE = 60.0  #: seconds a program may take to be ready
#: the sender has the last core, if there are two; whoever else wants it waits for the sender
ITS_CORE = {max(os.sched_getaffinity(0))}


@dataclass(frozen=True, slots=True)
class Program:
    """A program that listens, in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    started: float  #: when, on the stopwatch

    def wait(self, path: str = "/health/ready") -> float:
        """Wait until it answers 200, or listens at all; return the seconds since its start."""
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended at once; {self.log}: {self.log.read_text()[-500:]}")
            try:
                if self._there(path):
                    return perf_counter() - self.started
            except OSError:
                pass
            if perf_counter() - self.started > PATIENCE:
                raise RuntimeError(f"not ready after {PATIENCE:.0f} s; its log: {self.log}")
            sleep(0.01)

    def _there(self, path: str) -> bool:
        if path:
            return self.ask(path)[0] == 200
        socket.create_connection(("127.0.0.1", self.port), 1).close()
        return True

    def ask(self, path: str) -> tuple[int, bytes]:
        """GET a path; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def memory_mb(self, line: str = "VmRSS") -> float:
        """Return what the kernel says of its memory; ``VmHWM`` is the most it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = next(row for row in status.splitlines() if row.startswith(f"{line}:"))
        return int(found.split()[1]) / 1024

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal and wait for its end."""
        self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def program(
    folder: Path, name: str, *argv: str, port: int = 0, **settings: str
) -> Iterator[Program]:
    """Run ``python -m argv`` for a while; ``{port}`` in ``argv`` is the port it is to listen on."""
    port = port or free_port()
    clean = {key: text for key, text in os.environ.items() if not key.startswith("TILANNE_")}
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *(one.format(port=port) for one in argv)],
            env=clean | {"PYTHONPATH": str(ROOT)} | settings,
            cwd=ROOT,
            stdout=file,
            stderr=file,
        )
    made = Program(process, port, log, perf_counter())
    try:
        yield made
    finally:
        made.end()


@contextmanager
def hub(folder: Path, database: Path, **settings: str) -> Iterator[Program]:
    """Run ``tilanne up`` on a SQLite database for a while; it may not be ready yet."""
    port = free_port()
    keys = json.dumps([{"name": "bench", "key": KEY, "scopes": ["read"]}])
    environment = {
        "TILANNE_DATABASE_URL": f"sqlite:///{database}",
        "TILANNE_PORT": str(port),
        "TILANNE_SECRETS__CANONICAL": SECRET,
        "TILANNE_API_KEYS": keys,
        **settings,
    }
    with program(folder, "hub", "hub", "up", port=port, **environment) as made:
        yield made


def free_port() -> int:
    """Return a port nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Sending:
    """The sender at work, in a process and on a core of its own."""

    def __init__(self, task: Task) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.generator"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        os.sched_setaffinity(self._process.pid, ITS_CORE)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(task)).encode())
        self._process.stdin.close()

    def running(self) -> bool:
        """Whether it is still at it."""
        return self._process.poll() is None

    def result(self) -> Mapping[str, Any]:
        """Wait for the end; return what it found (``bench.generator.found``)."""
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            answer = stdout.read()
        if self._process.wait() != 0:
            raise RuntimeError("the sender failed; its reason stands above")
        found: Mapping[str, Any] = json.loads(answer)
        return found


def fresh(path: Path) -> Path:
    """Return the path of a database that is not there any more."""
    for ending in ("", "-wal", "-shm", ".lock"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    return path


@contextmanager
def looking(database: Path) -> Iterator[sqlite3.Connection]:
    """Open a hub's database beside it, to read."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def waiting(connection: sqlite3.Connection) -> int:
    """Return how many deliveries are durable and not believed yet."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM raw").fetchone()
    found = connection.execute("SELECT position FROM cursor WHERE reader = 'pipeline'").fetchone()
    return int(last) - (found[0] if found else 0)
