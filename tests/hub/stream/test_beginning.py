"""Partitions are handed to a worker anew while records of before are on their way to it."""

import asyncio
from types import SimpleNamespace
from typing import Any

from hub.clock import utc_now
from hub.store import offsets
from hub.stream.reader import Reader
from hub.stream.records import Feeds
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.test_reading import HERE, TOLD
from tests.hub.stream.working import TOPIC, in_the_hubs_loop, settings, until


def event(number: int, body: bytes) -> Any:
    """A record as Faust hands it over."""
    message = SimpleNamespace(
        topic=TOPIC,
        partition=0,
        offset=number,
        value=body,
        key=None,
        headers=[],
        timestamp=1.0,
        timestamp_type=0,
    )
    return SimpleNamespace(message=message, ack=lambda: None)


def test_a_record_of_before_is_not_taken_for_one_of_what_begins(
    world: World, cluster: Cluster
) -> None:
    async def story() -> None:
        feeds = Feeds(settings(cluster), utc_now)
        reader = Reader(world.pipeline.mover, world.translator, feeds)
        await reader.begin({HERE: 0})
        reader.fetched(HERE, 0, range(3), 3)
        await reader.put(event(0, TOLD[0]))
        await reader.put(event(1, TOLD[1]))
        beginning = asyncio.create_task(reader.begin({HERE: 0}))
        await asyncio.wait([beginning], timeout=0)  # it has begun, and asks the database
        assert not beginning.done()
        await reader.put(event(2, TOLD[2]))  # what came before it is forgotten in this moment
        await beginning
        await reader.put(event(0, TOLD[0]))  # and read again
        running = asyncio.create_task(reader.run())
        await until(world.outcomes, "an outcome")
        reader.stop()
        await running

    in_the_hubs_loop(story())

    assert 1 == world.store.read_now(lambda c: offsets.read(c, [HERE]))[HERE]
