"""Workers share partitions, many or few; whichever ends, the others go on where the database is."""

from hub.stream.edge import Edge
from tests.builders import a_parcel, an_order, scan, story
from tests.hub.pipeline.speech import NAME, says
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.working import TOPIC, in_the_hubs_loop, reading, settings, until

FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
TOLD = [says(fact) for fact in FACTS]
ONLY = {TOPIC: {"connector": NAME, "source": "kauppa"}}


def places(edge: Edge) -> set[int]:
    """How far the partitions of the shop's topic have been read."""
    return {to for place, to in edge.reader.moved.items() if place.topic == TOPIC}


def test_eight_partitions_for_one_worker(world: World, cluster: Cluster) -> None:
    cluster.create("hub.raw")
    cluster.create(TOPIC, 8)
    for partition in range(8):
        cluster.put(TOPIC, says(FACTS[0], id=f"{partition}"), *TOLD, partition=partition)

    async def work() -> None:
        async with reading(world, settings(cluster, topics=ONLY)) as edge:
            await until(lambda: len(world.outcomes()) == 32, "all of them are read")
            await until(lambda: places(edge) == {4}, "it is noted")

    in_the_hubs_loop(work())
    assert 3 == len(world.timeline())


def test_one_partition_for_three_workers_of_whom_two_end(world: World, cluster: Cluster) -> None:
    cluster.create("hub.raw")
    cluster.create(TOPIC)
    chosen = settings(cluster, topics=ONLY)

    async def work() -> None:
        async with reading(world, chosen) as first:
            await until(lambda: first.reader.moved, "the first has its partitions")
            cluster.put(TOPIC, TOLD[0])
            await until(lambda: len(world.outcomes()) == 1, "the first reads")
            async with reading(world, chosen), reading(world, chosen):
                cluster.put(TOPIC, TOLD[1])
                await until(lambda: len(world.outcomes()) == 2, "one of three reads")
            cluster.put(TOPIC, TOLD[2])
            await until(lambda: len(world.outcomes()) == 3, "the one that is left reads")

    in_the_hubs_loop(work())
    assert ["applied"] * 3 == world.outcomes()
