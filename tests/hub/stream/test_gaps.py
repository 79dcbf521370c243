"""What lies between two records of a topic is read, or it is said by name that nobody has it."""

from typing import Any

import pytest
from faust import App
from faust.types import TP

from hub.store import offsets
from hub.telemetry import REGISTRY
from tests.builders import a_parcel, an_order, scan, story
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.test_reading import HERE
from tests.hub.stream.working import TOPIC, consuming, in_the_hubs_loop, reading, settings, until

FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
TOLD = [says(fact) for fact in FACTS]
MEGABYTE = b"x" * 900_000


@pytest.fixture(autouse=True)
def topics(cluster: Cluster) -> None:
    cluster.create("hub.raw")
    cluster.create(TOPIC)


def place_in_database(world: World) -> int:
    return world.store.read_now(lambda c: offsets.read(c, [HERE]))[HERE]


def alerts(name: str) -> float:
    return REGISTRY.get_sample_value("tilanne_alerts_total", {"name": name}) or 0.0


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
            # moved while it was asking, it asks again; moved between two asks, it is started anew
            await until(lambda: reader.lost.is_set() or len(world.outcomes()) == 5, "it is noticed")
        async with reading(world, settings(cluster)):
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
        async with reading(world, settings(cluster)):
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
        async with reading(world, settings(cluster)):
            await until(lambda: place_in_database(world) >= count, f"up to {count}")

    cluster.put(TOPIC, TOLD[0])
    in_the_hubs_loop(read(1))
    cluster.put(TOPIC, *[MEGABYTE] * 9, TOLD[1], TOLD[2])  # the cluster keeps five of them
    in_the_hubs_loop(read(12))
    kept = len(world.outcomes())

    assert "delivered" == world.status()
    assert 12 > kept
    assert before + 12 - kept == alerts("stream_expired")
