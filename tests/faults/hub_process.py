"""A whole hub in its own process, started, spoken to and killed as in life."""

import fcntl
import http.client
import json
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import cycle, islice
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO

from connectors.signatures import sign_standard_webhook
from tests.faults import armed

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_dGVzdGtleS10ZXN0a2V5LXRlc3RrZXktdGVzdGtleQ=="
KEY = "test-key-0123456789"
PATIENCE = 30.0  #: seconds a condition may take to come true
TICK = 30.0  #: seconds until the next tick, where a hub that is gone had claimed this one
#: below the ports a system hands out: while the hub is dead nobody else may get its port, least of
#: all a sender that connects to it, and would then speak to itself
PORTS, BLOCK = range(20_000, 32_000), 100

# A process that has read the program once is forked for every start: a fifth of a second, not two.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["hub.cli.main"])


def spawn(work: Callable[..., None], *about: object) -> ForkServerProcess:
    """Do some work in a process of its own."""
    process = _forks.Process(target=work, args=about)
    process.start()
    return process


def kill_process(process: ForkServerProcess) -> None:
    """As the kernel does it: no handler runs, nothing is flushed."""
    process.kill()
    process.join()


@cache
def _mine() -> tuple[IO[str], Iterator[int]]:
    """Claim ports that no other process of these tests uses, as long as this one lives."""
    for first in PORTS[::BLOCK]:
        claim = (Path(tempfile.gettempdir()) / f"tilanne-ports-{first}").open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            claim.close()
            continue
        return claim, cycle(range(first, first + BLOCK))
    raise OSError("all ports are claimed")


def free_port() -> int:
    for port in islice(_mine()[1], BLOCK):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) != 0:
                try:
                    one.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise OSError("no port is free")


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Ask again until it holds; a condition that never does fails with its name."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s in vain: {what}"
        pause.wait(0.01)


class HubProcess:
    """``tilanne up`` with a database of its own, and the other commands beside it.

    With a ``role`` it is one process of a hub that has several.
    """

    def __init__(self, folder: Path, role: str = "up", port: int = 0, **settings: str) -> None:
        self.role = role
        self.port = port or free_port()
        self.log = folder / ("hub.log" if role == "up" else f"{role}-{self.port}.log")
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("TILANNE_")
        } | {
            "PYTHONPATH": str(ROOT),
            "TILANNE_DATABASE_URL": f"sqlite:///{folder}/hub.db",
            "TILANNE_PORT": str(self.port),
            "TILANNE_SECRETS__CANONICAL": SECRET,
            "TILANNE_API_KEYS": json.dumps([{"name": "test", "key": KEY, "scopes": ["read"]}]),
            **settings,
        }
        self.process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    @property
    def pid(self) -> int:
        assert self.process is not None
        assert self.process.pid is not None
        return self.process.pid

    def launch(self, place: str = "", nth: int = 1) -> None:
        """Start the hub and go on; with a ``place``, it ends itself when it passes it again."""
        self.process = self._fork([self.role], self.log, place, nth)

    def start(self) -> None:
        """Start the hub and wait until it is ready."""
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        wait_for(self._ready, f"the hub to be ready; its log: {self.log}")

    def ends_by_itself(self) -> int:
        """Wait until the hub has ended; return its exit code, -9 after SIGKILL."""
        assert self.process is not None
        self.process.join(PATIENCE + TICK)
        assert self.process.exitcode is not None, f"the hub lives on; its log: {self.log}"
        return self.process.exitcode

    def run(self, *command: str, place: str = "", nth: int = 1) -> tuple[int, str]:
        """Run another command on the same database; return its exit code and what it said.

        With a ``place``, it ends itself when it passes it for the nth time.
        """
        said = self.log.with_name(f"{command[0]}.out")
        said.unlink(missing_ok=True)
        process = self._fork(command, said, place, nth)
        process.join(PATIENCE)
        assert process.exitcode is not None, f"{command} does not end"
        return process.exitcode, said.read_text()

    def _fork(self, command: Sequence[str], log: Path, place: str, nth: int) -> ForkServerProcess:
        return spawn(armed.run, command, self.environment, log, place, nth)

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.is_alive(), self.log.read_text()
        try:
            return self.ask("/health/ready")[0] == 200
        except OSError:
            return False

    def is_ready_within(self, seconds: float) -> bool:
        """Wait for the hub to be ready, but no longer than that."""
        pause, deadline = threading.Event(), time.monotonic() + seconds
        while not self._ready():
            if time.monotonic() > deadline:
                return False
            pause.wait(0.01)
        return True

    def stays_alive(self, seconds: float) -> None:
        """Let that much time pass; the hub must not end in it."""
        assert self.process is not None
        self.process.join(max(seconds, 0.0))
        assert self.process.is_alive(), self.log.read_text()

    def kill(self) -> None:
        assert self.process is not None
        kill_process(self.process)

    def stop(self) -> int:
        """As an operator does it; return the exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.ends_by_itself()

    def make_sure_it_is_gone(self) -> None:
        if self.alive:
            self.kill()

    def ask(self, path: str) -> tuple[int, bytes]:
        return self._request("GET", path, None, {"Authorization": f"Bearer {KEY}"})

    def deliver(self, body: bytes) -> int:
        """Post one signed delivery; return the status, 0 when there was no answer."""
        message, now = f"msg_{uuid.uuid4().hex}", int(time.time())  # noqa: TID251 - a sender's clock
        signature = sign_standard_webhook(SECRET, message, now, body)
        headers = {
            "webhook-id": message,
            "webhook-timestamp": str(now),
            "webhook-signature": signature,
            "content-type": "application/cloudevents+json",
        }
        try:
            return self._request("POST", "/in/canonical", body, headers)[0]
        except OSError:
            return 0

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
