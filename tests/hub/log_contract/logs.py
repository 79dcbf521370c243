"""The two logs a delivery can lie in, each with its door and its reader, as a hub puts them up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Protocol

from hub.intake.inbox import Receive, receive
from hub.store import log, offsets
from hub.store.offsets import Place
from hub.stream.records import RAW
from hub.stream.station import Stream
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.working import reading, settings, until


class Log(Protocol):
    """What is promised of a log is promised of either."""

    url: str  #: where it is, for somebody in another process

    def door(self, world: World) -> AbstractAsyncContextManager[Receive]:
        """What makes a delivery durable."""

    def reader(self, world: World) -> AbstractAsyncContextManager[Any]:
        """Somebody who reads, until he is told to stop."""

    def kept(self, world: World, count: int) -> list[bytes]:
        """The bodies that lie in the log, as whoever opens it finds them."""

    def set_back(self, world: World) -> None:
        """Forget how far it was read."""

    def place(self, world: World) -> int:
        """How many deliveries have been gone past."""


class Embedded:
    """A table of the database."""

    url = "embedded:"

    @asynccontextmanager
    async def door(self, world: World) -> AsyncIterator[Receive]:
        yield partial(receive, world.store, arrived=world.pipeline.arrived)

    @asynccontextmanager
    async def reader(self, world: World) -> AsyncIterator[None]:
        world.begin()  # nothing is at hand
        running = asyncio.create_task(world.pipeline.run())
        try:
            yield
        finally:
            await world.pipeline.stop()
            await running

    def kept(self, world: World, count: int) -> list[bytes]:
        rows = world.store.read_now(lambda c: log.after(c, 0, 1000))
        return [row.body for row in rows]

    def set_back(self, world: World) -> None:
        now = self._cursor(world)
        world.store.write_now(lambda c: log.advance(c, log.READER, old=now, new=0))

    def place(self, world: World) -> int:
        now = self._cursor(world)
        return sum(row.id <= now for row in world.store.read_now(lambda c: log.after(c, 0, 1000)))

    def _cursor(self, world: World) -> int:
        return world.store.read_now(lambda c: log.position(c, log.READER))


class Kafka:
    """A topic."""

    HERE = Place(RAW, 0)

    def __init__(self, url: str, cluster: Cluster | None = None) -> None:
        """``cluster``: what only whoever opened it can ask."""
        self.url, self._cluster = url, cluster

    @asynccontextmanager
    async def door(self, world: World) -> AsyncIterator[Receive]:
        stream = Stream(settings(self, topics={}, stream_patience=10))
        running = asyncio.create_task(stream.publisher.run())
        await until(lambda: not stream.publisher.problem, "the broker answers")
        try:
            yield stream.door(partial(receive, world.store, arrived=world.pipeline.arrived))
        finally:
            await stream.publisher.stop()
            await running

    def reader(self, world: World) -> AbstractAsyncContextManager[Any]:
        world.begin()
        return reading(world, settings(self, topics={}))

    def kept(self, world: World, count: int) -> list[bytes]:
        assert self._cluster is not None
        return [one.value() for one in self._cluster.read(RAW, count)]

    def set_back(self, world: World) -> None:
        moves = {self.HERE: (self.place(world), 0)}
        world.store.write_now(lambda c: offsets.advance(c, moves))

    def place(self, world: World) -> int:
        return world.store.read_now(lambda c: offsets.read(c, [self.HERE]))[self.HERE]


def at(url: str) -> Log:
    """The log that is at a place."""
    return Embedded() if url == Embedded.url else Kafka(url)
