"""What lies between two records of a topic is read, or it is said by name that nobody has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from faust import App
from faust.contrib.asgi import bind_to_running_loop
from faust.types import TP

from hub.clock import utc_now
from hub.store import offsets
from hub.stream.brokers import Brokers
from hub.stream.consumer import application
from hub.stream.reader import Reader
from hub.stream.records import Feeds
from hub.telemetry import REGISTRY
from tests.builders import a_parcel, an_order, scan, story
from tests.hub.pipeline.speech import NAME, says
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.test_reading import HERE
from tests.hub.stream.working import TOPIC, in_the_hubs_loop, reading, settings, until

FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
TOLD = [says(fact) for fact in FACTS]
ONLY = {TOPIC: {"connector": NAME, "source": "kauppa"}}
MEGABYTE = b"x" * 900_000


@pytest.fixture(autouse=True)
def topics(cluster: Cluster) -> None:
    cluster.create("hub.raw")
    cluster.create(TOPIC)


def place_in_database(world: World) -> int:
    return world.store.read_now(lambda c: offsets.read(c, [HERE]))[HERE]


def alerts(name: str) -> float:
    return REGISTRY.get_sample_value("tilanne_alerts_total", {"name": name}) or 0.0


@asynccontextmanager
async def consuming(world: World, cluster: Cluster) -> AsyncIterator[tuple[App, Reader]]:
    """A consumer that nobody looks after."""
    chosen = settings(cluster, topics=ONLY)
    reader = Reader(world.pipeline.mover, world.translator, Feeds(chosen, utc_now))
    app = application(chosen, Brokers.of(chosen), [TOPIC], reader)
    bind_to_running_loop(app)
    moving = asyncio.create_task(reader.run())
    await app.start()
    try:
        yield app, reader
    finally:
        reader.stop()
        await asyncio.gather(moving, app.stop())


async def moved_on(app: App, to: int) -> None:
    """Move the consumer's place behind its back, as a rebalance at a bad moment does."""
    thread: Any = app.consumer._thread
    consumer = thread._consumer

    async def seek() -> None:
        consumer.seek(TP(TOPIC, 0), to)

    await thread.call_thread(seek)


def test_a_consumer_whose_place_was_moved_is_found_out_and_nothing_is_passed_over(
    world: World, cluster: Cluster
) -> None:
    async def work() -> None:
        async with consuming(world, cluster) as (app, reader):
            cluster.put(TOPIC, TOLD[0])
            await until(lambda: len(world.outcomes()) == 1, "it reads")
            await moved_on(app, 3)
            cluster.put(TOPIC, *TOLD[1:], TOLD[0], TOLD[0])
            await until(reader.lost.is_set, "the loss is noticed")
        async with reading(world, settings(cluster, topics=ONLY)):
            await until(lambda: len(world.outcomes()) == 5, "another one reads all")

    in_the_hubs_loop(work())
    assert 3 == world.outcomes().count("applied")
    assert 5 == place_in_database(world)


def test_a_topic_that_is_made_anew_while_it_is_read_is_read_from_its_beginning(
    world: World, cluster: Cluster
) -> None:
    before = alerts("stream_begins_anew")

    async def read() -> None:
        cluster.put(TOPIC, TOLD[0])
        await until(lambda: len(world.outcomes()) == 1, "it reads")
        cluster.delete(TOPIC)
        cluster.create(TOPIC)
        await until(lambda: alerts("stream_begins_anew") > before, "it is noticed")
        cluster.put(TOPIC, TOLD[1], TOLD[2], *[says(FACTS[0], id=str(n)) for n in range(3)])
        await until(lambda: len(world.outcomes()) == 6, "all of the new one is read")

    async def work() -> None:
        async with reading(world, settings(cluster, topics=ONLY)):
            await read()

    in_the_hubs_loop(work())
    assert "delivered" == world.status()
    assert 5 == place_in_database(world)
    assert before + 1 == alerts("stream_begins_anew")


def test_what_the_broker_forgot_before_it_was_read_is_counted_and_passed_over_by_name(
    world: World, cluster: Cluster
) -> None:
    before = alerts("stream_expired")

    async def read(count: int) -> None:
        async with reading(world, settings(cluster, topics=ONLY)):
            await until(lambda: place_in_database(world) >= count, f"up to {count}")

    cluster.put(TOPIC, TOLD[0])
    in_the_hubs_loop(read(1))
    cluster.put(TOPIC, *[MEGABYTE] * 9, TOLD[1], TOLD[2])  # the cluster keeps five of them
    in_the_hubs_loop(read(12))
    kept = len(world.outcomes())

    assert "delivered" == world.status()
    assert 12 > kept
    assert before + 12 - kept == alerts("stream_expired")
