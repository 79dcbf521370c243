"""Whoever stands at the door comes first: the hub's own work waits while deliveries are answered.

The hub shares one interpreter, so work on orders that are already safe slows down the answer to a
delivery that is not. That work can wait for a moment (its promise is a minute, a sender hangs up
after seconds), but not for ever: everyone who waits here says for how long at most. After a rush
what has come is read before more is told: then everybody who asks hears where the order is now, and
nobody is told what the next delivery overtakes.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

BEHIND = 1.0  #: seconds a delivery waits to be read before whoever tells lets the reader go first
PATIENCE = 5.0  #: seconds after which he does not any more: a twelfth of the promise


class Courtesy:
    """Who is at the door now, and how many have come. For one event loop."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Begin with an empty doorstep; ``patience``: seconds telling waits for reading at most."""
        self.visits = 0  #: since the start
        self._inside = 0
        self._patience = patience
        self._behind: float | None = None  #: since when what is read has waited for long
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

    def read(self, waited: float) -> None:
        """Say how many seconds a delivery had waited that was read just now."""
        if waited < BEHIND:
            self._behind = None
        elif self._behind is None:
            self._behind = monotonic()

    @property
    def catching_up(self) -> bool:
        """Whether to tell can wait: what is read first may change what there is to tell."""
        return self._behind is not None and monotonic() - self._behind < self._patience
