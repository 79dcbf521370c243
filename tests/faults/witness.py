"""The wire to the oracle: a line of JSON asks it to tell of orders, or to judge."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Witness:
    """An oracle in a process of its own."""

    def __init__(self, oracle: str = "tests.faults.oracle") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", oracle],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.doors: dict[str, Any] = self._answer()

    def settings(self, door: str, *, sinks: bool) -> dict[str, str]:
        """Return what the hub has to be told of the oracle; ``door``: a mail server (smtp,
        narrow), the local mailbox, a till's feed, or a carrier of words."""
        told = {"TILANNE_SINK_NETWORKS": '["127.0.0.0/8"]'}
        if sinks:
            told["TILANNE_SINKS"] = json.dumps(self.doors["tills" if door == "feed" else "sinks"])
        told |= self.doors["carriers"].get(door, {})
        if door in ("smtp", "narrow"):
            told["TILANNE_SMTP_URL"] = f"smtp://127.0.0.1:{self.doors[door]}"
        return told

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Let the oracle do something; return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def must(self, do: str, **more: Any) -> None:
        """Let the oracle wait for something that has to come."""
        answer = self.ask(do, **more)
        assert answer["holds"], f"the oracle waited in vain: {do} {more}, {answer}"

    def __enter__(self) -> "Witness":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the oracle is gone; what it said is above"
        answer: dict[str, Any] = json.loads(line)
        return answer
