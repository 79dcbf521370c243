"""A shop's own templates, rendered in a process apart; where they fail, ours take their place."""

import os
import select
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any

import orjson
import structlog
from prometheus_client import Counter as Figure

from hub.config import Settings
from hub.notify.blocks import DEFAULT
from hub.notify.channels import Form
from hub.notify.news import News
from hub.notify.wording import Reader
from hub.telemetry import REGISTRY
from state_machine.milestones import Told

log = structlog.get_logger()

OWN_WORDS_FAILED = Figure(
    "tilanne_own_words_failed",
    "Notices told in our words because the shop's own template failed. To be alerted on.",
    ["shop", "milestone"],
    registry=REGISTRY,
)

DEADLINE = 5.0  #: seconds for one job, whatever it waits for
STARTING = 30.0  #: seconds until a new process has read what it needs
LONGEST_ANSWER = 1_000_000  #: bytes
PATIENCE = 3  #: failures after which a shop's wording of a milestone is left alone


class OwnWordsFailed(Exception):
    """A shop's template did not do what it should; the text says which and why."""


class OwnWords:
    """The templates of all shops that have some. Threads may ask; one job is done at a time."""

    def __init__(self, settings: Settings) -> None:
        """Start nothing yet."""
        folders = {name: shop.brand.templates for name, shop in settings.shops.items()}
        self._folders = {name: str(one.resolve()) for name, one in folders.items() if one}
        self._worded: dict[str, frozenset[str]] = {}
        self._failures: Counter[tuple[str, str]] = Counter()
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def has(self, shop: str) -> bool:
        """Whether a shop has words of its own, and rendering them takes a while."""
        return shop in self._folders

    def said(self, news: News, reader: Reader, form: Form, now: datetime) -> dict[str, str] | None:
        """Render a notice in the shop's own words; None: it has none, or they fail. Alerts then."""
        shop = news.order["shop"]
        which = (shop, news.milestone)
        if shop not in self._folders or self._failures[which] >= PATIENCE:
            return None
        try:
            if not {news.milestone, DEFAULT} & self.worded(shop):
                return None
            return self.render(news, reader, form, now)
        except OwnWordsFailed as error:
            self._failures[which] += 1
            OWN_WORDS_FAILED.labels(shop, news.milestone).inc()
            log.error(
                "notify.own_words_failed",
                shop=shop,
                milestone=news.milestone,
                reason=str(error),
                left_alone=self._failures[which] >= PATIENCE,
            )
            return None

    def worded(self, shop: str) -> frozenset[str]:
        """Return what a shop words itself. Raises ``OwnWordsFailed`` for what cannot be read."""
        if shop not in self._worded:
            found = frozenset(self._ask({"folder": self._folders[shop]})["words"])
            if strange := sorted(found - set(Told) - {DEFAULT}):
                raise OwnWordsFailed(f"{strange[0]}.jinja: there is no milestone {strange[0]}")
            self._worded[shop] = found
        return self._worded[shop]

    def render(self, news: News, reader: Reader, form: Form, now: datetime) -> dict[str, str]:
        """Render a notice in the words of its shop. Raises ``OwnWordsFailed``."""
        job = {
            "folder": self._folders[news.order["shop"]],
            "news": asdict(news),
            "reader": _plain(reader),
            "form": form,
            "now": now.isoformat(),
        }
        said: dict[str, str] = self._ask(job)["said"]
        return said

    def shops(self) -> Iterable[str]:
        """Return the shops that have words of their own."""
        return self._folders

    def close(self) -> None:
        """End the process, if there is one."""
        with self._turn:
            self._end()

    def _ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        with self._turn:
            fresh = self._process is None
            process = self._process = self._process or _start()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(orjson.dumps(job) + b"\n")
                process.stdin.flush()
                answer = _line(process.stdout, DEADLINE + (STARTING if fresh else 0))
            except (OSError, OwnWordsFailed) as error:
                self._end()
                raise OwnWordsFailed(str(error) or type(error).__name__) from error
        done: dict[str, Any] = orjson.loads(answer)
        if "error" in done:
            raise OwnWordsFailed(done["error"])
        return done

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # of what it did not read any more
                    pipe.close()
        process.wait()


def _start() -> subprocess.Popen[bytes]:
    # nothing of our environment: there are secrets in it
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "-m", "hub.notify.workshop"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _line(pipe: IO[bytes], seconds: float) -> bytes:
    """Read one line, no longer than we wait and no longer than an answer may be."""
    poll, said = select.poll(), b""
    poll.register(pipe, select.POLLIN)
    while not said.endswith(b"\n"):
        if not poll.poll(seconds * 1000):
            raise OwnWordsFailed(f"takes longer than {DEADLINE:g} seconds")
        part = os.read(pipe.fileno(), 65_536)
        said += part
        if not part:
            raise OwnWordsFailed("uses too much time or memory")
        if len(said) > LONGEST_ANSWER:
            raise OwnWordsFailed(f"writes more than {LONGEST_ANSWER} bytes")
    return said


def _plain(reader: Reader) -> dict[str, Any]:
    names = ("language", "shop", "name", "first_order", "offers")
    return {name: getattr(reader, name) for name in names} | {
        "timezone": str(reader.timezone),
        "brand": reader.brand.model_dump(mode="json"),
    }
