"""Whoever stands at the door comes first: the hub's own work waits while deliveries are answered.

The hub shares one interpreter, so work on orders that are already safe slows down the answer to a
delivery that is not. That work can wait for a moment (its promise is a minute, a sender hangs up
after seconds), but not for ever: everyone who waits here says for how long at most.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Courtesy:
    """Who is at the door now, and how many have come. For one event loop."""

    def __init__(self) -> None:
        """Begin with an empty doorstep."""
        self.visits = 0  #: since the start
        self._inside = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Somebody is at the door as long as this is open."""
        self.visits += 1
        self._inside += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._quiet.set()

    async def wait(self, seconds: float) -> None:
        """Wait until nobody is at the door, ``seconds`` at most."""
        # Who has just arrived is noticed when the loop has looked at its sockets once more.
        await asyncio.sleep(0)  # noqa: TID251 - not a pause: one turn of the event loop
        await asyncio.sleep(0)  # noqa: TID251
        if self._inside:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), seconds)
