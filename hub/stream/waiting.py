"""Records of orders that wait between the consumer and the pipeline: a few, and never too many."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

LINGER = 0.003  #: seconds a batch that is not full waits for more


class Waiting:
    """A queue whose end holds up whoever fills it; the consumer then pauses by itself."""

    def __init__(self, room: int) -> None:
        """``room``: how many may wait."""
        self._events: deque[Any] = deque()
        self._limit = room
        self._more, self._room = asyncio.Event(), asyncio.Event()

    async def put(self, event: Any) -> None:
        """Let one wait; returns when there is room for another."""
        self._events.append(event)
        self._more.set()
        while len(self._events) >= self._limit:
            self._room.clear()
            await self._room.wait()

    async def take(self, most: int) -> list[Any]:
        """Return those that wait, at least one."""
        while not self._events:
            self._more.clear()
            await self._more.wait()
        if len(self._events) < most:
            await rung(asyncio.Event(), LINGER)
        taken = [self._events.popleft() for _ in range(min(most, len(self._events)))]
        self._room.set()
        return taken

    def clear(self) -> None:
        """Let none wait: what was here is read again."""
        self._events.clear()
        self._room.set()


async def rung(bell: asyncio.Event, seconds: float) -> bool:
    """Wait for a bell, but no longer than so many seconds; return whether it rang."""
    with suppress(TimeoutError):
        return await asyncio.wait_for(bell.wait(), seconds)
    return False
