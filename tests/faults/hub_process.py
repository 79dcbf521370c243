"""A whole hub in its own process, started, spoken to and killed as in life."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from connectors.signatures import sign_standard_webhook

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_dGVzdGtleS10ZXN0a2V5LXRlc3RrZXktdGVzdGtleQ=="
KEY = "test-key-0123456789"
PATIENCE = 30.0  #: seconds a condition may take to come true


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Ask again until it holds; a condition that never does fails with its name."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s in vain: {what}"
        pause.wait(0.05)


class HubProcess:
    """``tilanne up`` with a database of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = folder / "hub.log"
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
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub", "up"],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        wait_for(self._ready, f"the hub to be ready; its log: {self.log}")

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask("/health/ready")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """As the kernel does it: no handler runs, nothing is flushed."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As an operator does it; return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

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
