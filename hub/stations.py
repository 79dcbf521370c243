"""What a process of the hub is made of: stations at work on orders, and who rings for whom."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Protocol

import structlog

GRACE = 15.0  #: seconds stations have to end what is in hand; each keeps a shorter time of its own

_log = structlog.get_logger()


class Role(StrEnum):
    """Which stations a process has; all of them, or one kind."""

    ALL = "all"
    WEB = "web"  #: the door, the API and the pages
    WORKER = "worker"  #: from what came in to what is believed
    DISPATCHER = "dispatcher"  #: from what changed to what was told
    SCHEDULER = "scheduler"  #: what time does

    def has(self, station: "Role") -> bool:
        """Whether a process of this role has that station."""
        return self in (Role.ALL, station)


class Station(Protocol):
    """Something that works beside the others until it is told to stop."""

    async def run(self) -> None:
        """Work; end only after ``stop`` or when nothing can be done any more."""

    async def stop(self) -> None:
        """Take nothing new and let ``run`` end what is in hand. May come before ``run`` began."""


class Bell:
    """Rings for all who listen; nobody has to. Whoever listens looks by himself now and then, too.

    A bell may be missed and may ring in vain: it saves waiting and carries no news.
    """

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._listeners: list[Callable[[], None]] = []

    def heard_by(self, listener: Callable[[], None]) -> None:
        """Let somebody listen. Called in the event loop of whoever rings."""
        self._listeners.append(listener)

    def ring(self) -> None:
        """Let everyone know."""
        for listener in self._listeners:
            listener()


@asynccontextmanager
async def at_work(stations: Sequence[Station]) -> AsyncIterator[asyncio.Future[None]]:
    """Run stations; yield a future that fails as soon as one of them does. Stop them at the end."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    tasks = [asyncio.create_task(_watched(one, failed)) for one in stations]
    try:
        yield failed
    finally:
        await _stop(stations, tasks)
        failed.cancel()


async def _watched(station: Station, failed: asyncio.Future[None]) -> None:
    """A station never ends by itself; if it does, the process must not go on half alive."""
    try:
        await station.run()
    except Exception as error:  # noqa: BLE001 - handed to whoever runs the hub
        if not failed.done():
            failed.set_exception(error)


async def _stop(stations: Sequence[Station], tasks: Sequence[asyncio.Task[None]]) -> None:
    """Stop all at once; what has not ended in time is cut off: it is durable and comes again."""
    ending = [*tasks, *(asyncio.create_task(one.stop()) for one in stations)]
    if not ending:
        return
    _, late = await asyncio.wait(ending, timeout=GRACE)
    for task in late:
        task.cancel()
    if late:
        _log.warning("hub.cut_off", stations=len(late), seconds=GRACE)
    await asyncio.gather(*ending, return_exceptions=True)
