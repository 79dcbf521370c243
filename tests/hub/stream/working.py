"""Workers that read the topics of a cluster into orders, as long as a story needs them."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import uvloop
from faust import App
from faust.contrib.asgi import bind_to_running_loop

from hub.clock import utc_now
from hub.config import Settings
from hub.stream.brokers import Brokers
from hub.stream.consumer import application
from hub.stream.edge import Edge
from hub.stream.reader import Reader
from hub.stream.records import Feeds
from hub.topics import Topic
from tests.hub.pipeline.speech import NAME
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster

TOPIC = "shop.orders"
ONLY = {TOPIC: Topic(connector=NAME, source="kauppa")}
PATIENCE = 30.0  #: seconds; a machine may be busy


def settings(cluster: Cluster, **more: Any) -> Settings:
    # this cluster waits that long for members who have left already
    quick = {"stream_session": 1.5, "future_minutes": 1e7}
    return Settings(stream_url=cluster.url, **{"topics": ONLY, **quick, **more})


def in_the_hubs_loop(story: Coroutine[Any, Any, None]) -> None:
    """Tell a story in the kind of event loop the hub runs in.

    A consumer that is stopped while its group rebalances leaves a line to the garbage collector; it
    is collected here, before somebody else has to hear of it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(story)
        gc.collect()


@asynccontextmanager
async def reading(world: World, chosen: Settings) -> AsyncIterator[Edge]:
    """A worker that reads, and leaves its group at the end."""
    edge = Edge(chosen, world.pipeline.mover, world.translator, utc_now)
    running = asyncio.create_task(edge.run())
    try:
        yield edge
        assert not running.done() or running.result()
    finally:
        await edge.stop()
        await running


@asynccontextmanager
async def consuming(world: World, cluster: Cluster) -> AsyncIterator[tuple[App, Reader]]:
    """A consumer that nobody looks after."""
    chosen = settings(cluster)
    reader = Reader(world.pipeline.mover, world.translator, Feeds(chosen, utc_now))
    app = application(chosen, Brokers.of(chosen), chosen.topics, reader)
    bind_to_running_loop(app)
    moving = asyncio.create_task(reader.run())
    await app.start()
    try:
        yield app, reader
    finally:
        reader.stop()
        await asyncio.gather(moving, app.stop())


async def until(holds: Callable[[], object], what: str = "it holds") -> None:
    """Wait for a condition, with a deadline."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while not holds():
        assert loop.time() < deadline, f"not within {PATIENCE} s: {what}"
        await asyncio.wait_for(asyncio.shield(_moment()), 5)


async def _moment() -> None:
    """Let everybody else go first for a moment."""
    passed = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.02, passed.set_result, None)
    await passed
