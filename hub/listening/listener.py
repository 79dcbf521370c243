"""The HTTP server: it looks after the lines, and hears when somebody asks the hub to stop."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from hub.listening.line import Line

STOPS = (signal.SIGINT, signal.SIGTERM)


class Listener(uvicorn.Server):
    """The HTTP server; a hub that was asked to stop and did so ends well."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Note when somebody asks us to stop."""
        super().__init__(config)
        self.asked = asyncio.Event()  #: to stop

    async def on_tick(self, counter: int) -> bool:
        """Look after the lines twice a second; the library calls ten times."""
        if counter % 5 == 0:
            now = asyncio.get_running_loop().time()
            for line in tuple(self.server_state.connections):
                if isinstance(line, Line):
                    line.look(now)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM; a second one ends the process at once.

        The library would raise the signal again once the door is closed, and the process would end
        as if it had been killed.
        """
        here = threading.current_thread() is threading.main_thread()
        loop = asyncio.get_running_loop()
        for stop in STOPS if here else ():
            loop.add_signal_handler(stop, self._ask)
        try:
            yield
        finally:
            for stop in STOPS if here and not self.asked.is_set() else ():
                loop.remove_signal_handler(stop)

    def _ask(self) -> None:
        """Stop; from now on nobody is kept waiting who asks again."""
        loop = asyncio.get_running_loop()
        for stop in STOPS:
            loop.remove_signal_handler(stop)
            # not the default: process 1 of a container would be deaf to it
            signal.signal(stop, lambda number, _frame: os._exit(128 + number))
        self.should_exit = True
        self.asked.set()
