"""Tells of orders inside one process: all that a hub on one machine needs."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hub.live.contract import State, Watch
from hub.live.limits import Buckets, Limits
from hub.stations import Bell


class InProcess:
    """Bells and watches of one process."""

    def __init__(self, arrived: Bell | None = None, changed: Bell | None = None) -> None:
        """Begin with nobody who listens; bells that are left out are ordinary ones."""
        self.arrived = arrived or Bell()
        self.changed = changed or Bell()
        self.limits: Limits = Buckets()
        self._watches: dict[str, set[Watch]] = {}
        self._ended = False
        self._stopping = asyncio.Event()

    def moved(self, versions: Mapping[str, int]) -> None:
        """Say that orders have these versions."""
        if not self._watches:
            return
        for order, version in versions.items():
            for watch in self._watches.get(order, ()):
                watch.heard(version)

    @contextmanager
    def watch(self, order: str) -> Iterator[Watch]:
        """Hear of an order's versions for as long as one is inside."""
        watch = Watch(order)
        self._watches.setdefault(order, set()).add(watch)
        if self._ended:
            watch.end()
        try:
            yield watch
        finally:
            self._watches[order].discard(watch)
            if not self._watches[order]:
                del self._watches[order]

    def watched(self) -> list[Watch]:
        """Return everybody who watches an order."""
        return [watch for several in self._watches.values() for watch in several]

    def end(self) -> None:
        """End every watch, now and from now on."""
        self._ended = True
        for watch in self.watched():
            watch.end()

    @property
    def state(self) -> State:
        """There is nobody else."""
        return State.ALONE

    async def leads(self) -> bool:
        """There is nobody else to act by the clock."""
        return True

    async def resign(self) -> None:
        """There is nobody to do it instead."""

    async def run(self) -> None:
        """Do nothing: what is said is heard at once."""
        await self._stopping.wait()

    async def stop(self) -> None:
        """Let ``run`` end."""
        self._stopping.set()
