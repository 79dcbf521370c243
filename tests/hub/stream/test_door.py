"""What the door accepts is durable: in the topic, or in the database while the broker is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from connectors.contract import Raw
from hub.intake.inbox import Receive, receive
from hub.store.session import StoreUnavailable
from hub.stream.station import Stream
from tests.builders import MONDAY, a_parcel, an_order, scan, story
from tests.hub.pipeline.speech import NAME, says
from tests.hub.pipeline.world import RAW, World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.working import in_the_hubs_loop, reading, settings, until

FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))


@pytest.fixture(autouse=True)
def topics(cluster: Cluster) -> None:
    cluster.create("hub.raw")


def raw(body: bytes) -> Raw:
    return Raw(body, {"x-kind": "order"}, received_at=MONDAY, source="kauppa", connector=NAME)


@asynccontextmanager
async def a_door(
    world: World, cluster: Cluster, patience: float
) -> AsyncIterator[tuple[Receive, Stream]]:
    stream = Stream(settings(cluster, topics={}, stream_patience=patience))
    (publisher,) = stream.stations
    running = asyncio.create_task(publisher.run())
    await until(lambda: not stream.publisher.problem, "the broker answers")
    try:
        yield stream.door(partial(receive, world.store, arrived=world.pipeline.arrived)), stream
    finally:
        await publisher.stop()
        await running


def at_work_for_the_broker() -> list[str]:
    """What the client does by itself, now."""
    doing = (str(task.get_coro()) for task in asyncio.all_tasks())
    return [one for one in doing if "AIOKafka" in one or "Sender." in one]


def test_while_the_broker_is_away_the_database_takes_deliveries_and_nobody_waits_twice(
    world: World, cluster: Cluster
) -> None:
    async def tell() -> None:
        async with a_door(world, cluster, 1.0) as (door, _):
            cluster.goes_away()
            clock = asyncio.get_running_loop().time
            began = clock()
            for number in range(10):
                await door(raw(says(FACTS[0], id=str(number))))
            assert clock() - began < 5, "each of them waited for the broker"

    in_the_hubs_loop(tell())
    assert 10 == len(world.rows(RAW))
    world.work()
    cluster.comes_back()


def test_a_broker_that_is_away_is_not_looked_for_without_a_pause(
    world: World, cluster: Cluster
) -> None:
    async def tell() -> None:
        async with a_door(world, cluster, 1.0) as (door, stream):
            cluster.goes_away()
            await asyncio.gather(*(door(raw(says(FACTS[0], id=f"{n}"))) for n in range(3)))
            await until(lambda: not at_work_for_the_broker(), "nothing looks for it any more")
            cluster.comes_back()
            await until(lambda: not stream.publisher.problem, "the broker answers")
            await door(raw(says(FACTS[1])))

    in_the_hubs_loop(tell())
    assert 3 == len(world.rows(RAW))
    world.work()
    assert 1 == len(cluster.read("hub.raw", 1))


def test_a_delivery_the_broker_confirmed_too_late_counts_once(
    world: World, cluster: Cluster
) -> None:
    async def tell() -> None:
        async with a_door(world, cluster, 1.0) as (door, _):
            await door(raw(says(FACTS[1])))
            cluster.answers_late(3000)
            await door(raw(says(FACTS[0], id="delivery-1")))
            assert 1 == len(world.rows(RAW)), "it is in the database"
            cluster.answers_late(0)
        async with reading(world, settings(cluster, topics={})):
            await until(lambda: len(world.rows(RAW)) == 3, "it is in the topic, too")

    in_the_hubs_loop(tell())
    world.work()
    assert ["applied", "applied", "duplicate"] == sorted(world.outcomes())
    assert 2 == len(world.timeline())


def test_when_the_database_is_away_as_well_the_delivery_is_refused(
    world: World, cluster: Cluster
) -> None:
    async def never(_raw: Raw) -> None:
        raise StoreUnavailable("not durable: it is away")

    async def tell() -> None:
        stream = Stream(settings(cluster, topics={}))
        with pytest.raises(StoreUnavailable):
            await stream.door(never)(raw(says(FACTS[0])))

    in_the_hubs_loop(tell())
    assert [] == world.rows(RAW)
