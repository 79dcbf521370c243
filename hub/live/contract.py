"""What both engines promise to those who want to hear at once that an order has moved."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from enum import Enum
from typing import Protocol

from hub.live.limits import Limits
from hub.stations import Bell


class State(Enum):
    """Whether the other processes are heard."""

    ALONE = "alone"  #: there is nobody else to be heard
    HERE = "here"
    AWAY = "away"  #: they are not; everything is found by looking, up to a second later


class Watch:
    """Somebody who wants to see every order as it is now.

    It holds no more than one word, so nobody who is slow makes anything pile up: who comes late
    sees the newest version and none in between.
    """

    def __init__(self, order: str) -> None:
        """Watch ``order``."""
        self.order = order
        self.seen = 0  #: the version that was shown last
        self.ended = False
        self._news = asyncio.Event()

    def heard(self, version: int) -> None:
        """Take note that the order has this version."""
        if version != self.seen:
            self._news.set()

    def end(self) -> None:
        """Wake whoever waits, for the last time."""
        self.ended = True
        self._news.set()

    async def news(self) -> bool:
        """Wait until there may be something new; False when there is nothing to wait for."""
        await self._news.wait()
        self._news.clear()
        return not self.ended


class Live(Protocol):
    """The contract of both engines; a station, too. Nothing raises or waits here, but for ``run``.

    To be used in the event loop in which it runs.
    """

    arrived: Bell  #: rings in every process when a raw is durable in the log
    changed: Bell  #: rings in every process when there is something to tell
    limits: Limits  #: how often somebody may ask

    def moved(self, versions: Mapping[str, int]) -> None:
        """Say that orders have these versions now; to be called after the commit."""

    def watch(self, order: str) -> AbstractContextManager[Watch]:
        """Hear of an order's versions for as long as one is inside."""

    def watched(self) -> list[Watch]:
        """Return everybody who watches an order."""

    def end(self) -> None:
        """End every watch, now and from now on: the hub closes."""

    @property
    def state(self) -> State:
        """Whether the other processes are heard."""

    async def leads(self) -> bool:
        """Whether it is for this process to act by the clock; of several, one is asked to."""

    async def resign(self) -> None:
        """Let another process act by the clock, because this one stops or cannot."""

    async def run(self) -> None:
        """Carry what is said between the processes until ``stop``."""

    async def stop(self) -> None:
        """Let ``run`` end."""


async def rest(seconds: float) -> None:
    """Let some time pass."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
