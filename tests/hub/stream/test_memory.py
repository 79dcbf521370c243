"""However many partitions one worker has, it holds so many records and no more."""

from contextlib import closing
from typing import Any

import pytest

from hub.store import offsets
from hub.store.offsets import Place
from hub.stream.consumer import LITTLE
from hub.stream.reader import BATCH, ROOM
from tests.builders import an_order, story
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.working import TOPIC, consuming, in_the_hubs_loop, until

RECORDS = 20_000
(PLACED,) = story(an_order(mug=1))
#: what Faust lets wait, what waits with us, and two batches: one is moved, one is translated
MOST = LITTLE["stream_buffer_maxsize"] + ROOM + 2 * BATCH


@pytest.fixture
def url(databases: dict[str, str]) -> str:
    """What is held has nothing to do with the database."""
    return databases["sqlite"]


def drain(world: World, partitions: int) -> tuple[int, int]:
    """Read a topic of so many partitions; return the most records held, and what stays behind."""
    world.clear()
    with closing(Cluster()) as cluster:
        return _drain(world, cluster, partitions)


def _drain(world: World, cluster: Cluster, partitions: int) -> tuple[int, int]:
    cluster.create(TOPIC, partitions)
    for partition in range(partitions):
        told = [says(PLACED, id=f"{partition}-{n}") for n in range(RECORDS // partitions)]
        cluster.put(TOPIC, *told, partition=partition)
    places = [Place(TOPIC, partition) for partition in range(partitions)]
    held, left = [0], [0]

    async def work() -> None:
        async with consuming(world, cluster) as (app, reader):
            consumer: Any = app.consumer
            agents: Any = app.agents.values()

            def done() -> bool:
                queues = [one.stream.channel.queue for agent in agents for one in agent._actors]
                held.append(sum(one.qsize() for one in queues) + len(consumer._unacked_messages))
                read = world.store.read_now(lambda c: offsets.read(c, places))
                return sum(read.values()) == RECORDS // partitions * partitions

            await until(done, "all of them are read")
            await until(lambda: not any(consumer._acked.values()), "it is committed")
            left.append(sum(map(len, reader._sequences._left_out.values())))
            left.append(sum(map(len, consumer._gap.values())))
            left.append(sum(map(len, consumer._acked_index.values())))

    in_the_hubs_loop(work())
    return max(held), sum(left)


@pytest.mark.slow
def test_a_worker_with_64_partitions_holds_no_more_records_than_one_with_four(
    world: World,
) -> None:
    few, many = drain(world, 4), drain(world, 64)

    assert (0, 0) == (few[1], many[1])
    for held, _ in (few, many):  # fewer than there is room for would show nothing
        assert ROOM < held <= MOST
