"""Keeps the consumer running: it is started when its topics are there, and anew when it is stuck.

A consumer that was started anew reads from where the database is, so starting it anew heals what
can go wrong in it; all that is left to notice is *that* something went wrong.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import cast

import structlog
from faust import App
from faust.contrib.asgi import bind_to_running_loop

from hub.config import Settings
from hub.pipeline.move import Mover
from hub.pipeline.translate import Translator
from hub.store.session import StoreUnavailable
from hub.stream.brokers import BrokerAway, Brokers
from hub.stream.consumer import Consumer, application
from hub.stream.figures import RESTARTS, note_lag
from hub.stream.probe import Probe
from hub.stream.reader import Reader
from hub.stream.records import Feeds
from hub.stream.waiting import rung
from hub.stream.watchdog import Watchdog
from hub.telemetry import alert

LOOK = 2.0  #: seconds between two looks at the consumer and at the topics
PAUSE = 2.0  #: seconds until the broker is tried again
STOPPING = 6.0  #: seconds a consumer gets to stop

_log = structlog.get_logger()


class Edge:
    """The station that reads the topics."""

    def __init__(
        self,
        settings: Settings,
        mover: Mover,
        translator: Translator,
        clock: Callable[[], datetime],
    ) -> None:
        """Nothing is asked of the broker before ``run``."""
        self._settings = settings
        self._brokers = Brokers.of(settings)
        self._feeds = Feeds(settings, clock)
        self.reader = Reader(mover, translator, self._feeds)
        self._probe = Probe(self._brokers)
        self._stopping = asyncio.Event()
        self.problems: tuple[str, ...] = ("the consumer has not been started",)

    async def run(self) -> None:
        """Read until told to stop; then end the batch in hand, say so, and leave the group."""
        moving = asyncio.create_task(self.reader.run())
        reading = asyncio.create_task(self._read_on())
        try:
            done, _ = await asyncio.wait((moving, reading), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (moving, reading):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await self._probe.close()

    async def stop(self) -> None:
        """Take nothing new in hand."""
        self.reader.stop()

    async def _read_on(self) -> None:
        while True:
            try:
                missing = await self._missing()
                await self._read(missing)
            except (BrokerAway, StoreUnavailable) as error:
                self._have(f"the broker is not reached: {error}")
            await rung(self._stopping, PAUSE)

    async def _missing(self) -> frozenset[str]:
        """Return the topics that are not there, and say so; nobody makes them by accident."""
        missing = frozenset(self._feeds.names) - await self._probe.topics()
        self._have(*[f"topic {name} does not exist; create it" for name in sorted(missing)])
        return missing

    def _have(self, *problems: str) -> None:
        if problems != self.problems:
            for one in problems:
                _log.error("stream.not_ready", error=one)
        self.problems = problems

    async def _read(self, missing: frozenset[str]) -> None:
        """Read the topics that are there until that has to begin anew."""
        topics = [name for name in self._feeds.names if name not in missing]
        if not topics:
            return
        app = application(self._settings, self._brokers, topics, self.reader)
        bind_to_running_loop(app)
        try:
            await self._started(app)
            reason = await self._watch(app, missing)
        finally:
            await _stopped(app)
        if reason:
            RESTARTS.labels(reason).inc()
            alert("stream_restarted", reason=reason)

    async def _started(self, app: App) -> None:
        try:
            await app.start()
        except Exception as error:
            raise BrokerAway(type(error).__name__) from error

    async def _watch(self, app: App, missing: frozenset[str]) -> str:
        """Look after a consumer; return why it must be started anew, or nothing to be told of."""
        watchdog = Watchdog(app, self.reader, self._settings.stream_watchdog)
        while True:
            lost = asyncio.create_task(self.reader.lost.wait())
            crashed = asyncio.create_task(app._crashed.wait())  # noqa: SLF001 - mode has no other
            await asyncio.wait((lost, crashed), timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
            for task in (lost, crashed):
                task.cancel()
            if self.reader.lost.is_set():
                return "gap"
            if app.crashed or app.should_stop:
                _log.error("stream.crashed", error=type(app.crash_reason).__name__)
                return "crash"
            try:
                if await self._missing() != missing:
                    return ""  # subscribed anew
                moved = dict(self.reader.moved)
                ends = await self._probe.ends(list(moved))
                note_lag(self._feeds.names, ends, self.reader.read)
                if self.reader.is_beyond(ends, moved):
                    return "anew"
                if stuck := watchdog.look(ends):
                    _log.error("stream.stuck", error=stuck)
                    return "stuck"
            except BrokerAway as error:  # the consumer finds the broker again by itself
                self._have(f"the broker is not reached: {error}")


async def _stopped(app: App) -> None:
    """Stop a consumer: one that lived on would hold its partitions and read nothing."""
    try:
        await asyncio.wait_for(app.stop(), STOPPING)
    except Exception as error:  # noqa: BLE001 - whatever it is, this one is done with
        _log.warning("stream.not_stopped", error=repr(error))
        with suppress(Exception):
            await asyncio.wait_for(cast(Consumer, app.consumer).end(), STOPPING)
