"""The hub's own log: one event is one line, whatever a sender wrote about an order."""

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.faults.hub_process import ROOT, HubProcess, wait_for
from tests.hostile.corpus import BODIES, delivery
from tests.hostile.wire import SECRETS, SETTINGS, head, order_placed, say, sealed, written

STAMP = "2026-11-03T09:00:00Z"
#: begins lines of its own in both formats, and steers a terminal in four ways
EVIL = f'\r\n{STAMP} [info     ] forged\n{{"event": "forged"}}\x1b[31m\x9b2J\u2028\u202e'
SPEAKS = """
import logging, sys
import structlog
from hub.telemetry import set_up_logging

evil = sys.argv[2]
set_up_logging("info", json=sys.argv[1] == "json")
log, library = structlog.get_logger(), logging.getLogger("uvicorn.error")
log.warning(evil, path=evil, raw=evil.encode(), several=[evil], error=ValueError(evil))
library.warning("invalid: %s", evil)
try:
    raise ValueError(evil)
except ValueError as error:
    log.error("web.mistake", error=repr(error), exc_info=error)
    library.error("in the library", exc_info=error)
"""
EVENTS = 4  #: that it logs
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  #: which the hub itself sets


def assert_plain(said: str) -> None:
    """Nothing a sender wrote begins a line or reaches the terminal as more than text."""
    assert "\x1b[31m\x9b" not in said
    assert "\x1b[31m\\x9b" not in said
    assert not set("\x9b\u2028\u202e") & set(said)
    lines = [COLOURS.sub("", line) for line in said.replace("\r\n", "\n").split("\n")]
    assert [] == [line for line in lines if line.startswith((STAMP, "{"))]
    assert not any(line.endswith("\r") for line in lines)


@pytest.mark.parametrize("form", ["json", "plain"])
def test_what_is_logged_begins_no_line_of_its_own(form: str) -> None:
    command = [sys.executable, "-c", SPEAKS, form, EVIL]
    said = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=60)
    text = said.stderr.decode()

    assert b"" == said.stdout
    if form == "plain":
        assert_plain(text)
        indented = [line for line in text.split("\n") if line.startswith("  | ")]
        assert len(text.strip().split("\n")) == EVENTS + len(indented)
    else:
        assert EVENTS == len([json.loads(line) for line in text.strip().split("\n")])
        assert text.isascii()
        assert not set("\r\x1b") & set(text)


class Terminal:
    """A hub whose log goes to a terminal, and what it shows."""

    def __init__(self, folder: Path) -> None:
        self.hub = HubProcess(folder, **SETTINGS, TILANNE_LOG_LEVEL="debug")
        screen, keyboard = pty.openpty()
        command = [sys.executable, "-m", "hub", "up"]
        environment = {**self.hub.environment, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=keyboard)
        os.close(keyboard)
        self.shown = b""
        self._looking = threading.Thread(target=self._look, args=(screen,))
        self._looking.start()

    def _look(self, screen: int) -> None:
        try:
            while part := os.read(screen, 65_536):
                self.shown += part
        except OSError:  # the other end is closed
            os.close(screen)

    def close(self) -> str:
        self.process.terminate()
        assert 0 == self.process.wait(60)
        self._looking.join()
        return self.shown.decode()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path)
    wait_for(lambda: b"hub.open" in opened.shown, "the hub to open")
    yield opened
    if opened.process.poll() is None:
        opened.close()


def provoke(port: int) -> None:
    """Write the same in every place that a sender has."""
    bad = quote(EVIL)
    for path in (f"/in/{bad}", f"/in/canonical?source={bad}", f"/{bad}", f"/v1/orders/{bad}"):
        for method in ("POST", "GET"):
            say(port, head("Content-Length: 0", first=f"{method} {path} HTTP/1.1"))
    say(port, EVIL.encode() * 3)
    say(port, written(order_placed("logged"), f"X-Name: {EVIL.encode('utf-8').decode('latin-1')}"))
    say(port, written(order_placed("logged"), "X-Name: \x9b2J"))
    for connector in SECRETS:
        document = {"id": EVIL, "object": EVIL, "specversion": EVIL, "status": EVIL}
        body = json.dumps(document).encode()
        say(port, written(delivery(connector, body, {"x-shopify-topic": "orders/\x9b"})))
        say(port, written(delivery(connector, BODIES["NUL, escaped"])))
    say(port, written(sealed("canonical", EVIL.encode())))


def test_a_hub_whose_log_is_read_by_a_person_shows_text(terminal: Terminal) -> None:
    provoke(terminal.hub.port)
    wait_for(lambda: b"intake.accepted" in terminal.shown, "a delivery to be logged")
    shown = terminal.close()

    assert "unknown-connector" in shown
    assert_plain(shown)


def test_a_hub_whose_log_is_read_by_a_program_writes_one_document_a_line(hub: HubProcess) -> None:
    provoke(hub.port)
    wait_for(lambda: b"not-http" in hub.log.read_bytes(), "the last of it to be logged")

    # the one line that is not an event is the greeting of the command
    lines = [line for line in hub.log.read_text().split("\n") if line and "tilanne" not in line]
    assert {"level", "timestamp"} <= set.intersection(*(set(json.loads(one)) for one in lines))
    assert not any("forged" == json.loads(one)["event"] for one in lines)
