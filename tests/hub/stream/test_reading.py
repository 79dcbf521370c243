"""What the topics hold becomes orders: all of it, once, whatever the broker believes."""

import pytest

from hub.store import offsets
from hub.store.offsets import Place
from hub.topics import Topic
from tests.builders import a_parcel, an_order, scan, story
from tests.hub.pipeline.speech import NAME, says
from tests.hub.pipeline.world import RAW, World
from tests.hub.stream.brokers import OFFSET_COMMIT, UNAVAILABLE, Cluster
from tests.hub.stream.working import TOPIC, in_the_hubs_loop, reading, settings, until

FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
TOLD = [says(fact) for fact in FACTS]
HERE = Place(TOPIC, 0)


@pytest.fixture(autouse=True)
def topics(cluster: Cluster) -> None:
    cluster.create("hub.raw")
    cluster.create(TOPIC)


def read_all(world: World, cluster: Cluster, count: int, **chosen: object) -> None:
    """Let one worker read until so many deliveries have an outcome and the broker knows it."""

    async def work() -> None:
        async with reading(world, settings(cluster, **chosen)):
            await until(lambda: len(world.outcomes()) >= count, f"{count} outcomes")

    in_the_hubs_loop(work())


def place_in_database(world: World) -> int:
    return world.store.read_now(lambda c: offsets.read(c, [HERE]))[HERE]


def test_a_retailers_own_topic_needs_no_webhook(world: World, cluster: Cluster) -> None:
    cluster.put(TOPIC, *TOLD)
    read_all(world, cluster, 3)

    assert ["applied"] * 3 == world.outcomes()
    assert "delivered" == world.status()
    assert 3 == place_in_database(world) == cluster.committed(TOPIC)


def test_a_broker_that_believes_to_be_ahead_of_the_database_is_not_believed(
    world: World, cluster: Cluster
) -> None:
    cluster.put(TOPIC, *TOLD)
    cluster.commit(TOPIC, {0: 2})
    read_all(world, cluster, 3)

    assert ["applied"] * 3 == world.outcomes()


def test_what_was_committed_and_never_acknowledged_is_read_again_and_known(
    world: World, cluster: Cluster
) -> None:
    cluster.put(TOPIC, *TOLD[:2])
    read_all(world, cluster, 2)
    cluster.commit(TOPIC, {0: 0})  # the worker died between the two
    cluster.put(TOPIC, TOLD[2])
    read_all(world, cluster, 3)

    assert ["applied"] * 3 == world.outcomes()
    assert 3 == len(world.rows(RAW))
    assert 3 == place_in_database(world)


def test_a_record_without_a_body_is_passed_over(world: World, cluster: Cluster) -> None:
    cluster.put(TOPIC, TOLD[0], None, TOLD[1], None)
    read_all(world, cluster, 2)
    cluster.put(TOPIC, TOLD[2])
    read_all(world, cluster, 3)

    assert ["applied"] * 3 == world.outcomes()
    assert 5 == place_in_database(world)


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    world: World, cluster: Cluster
) -> None:
    cluster.put(TOPIC, TOLD[0], b"{}", b"{}")
    read_all(world, cluster, 3)
    cluster.delete(TOPIC)
    cluster.create(TOPIC)
    cluster.put(TOPIC, TOLD[1], TOLD[2])
    read_all(world, cluster, 5)

    assert 3 == len(world.timeline())
    assert "delivered" == world.status()


def test_a_missing_topic_is_named_and_the_others_are_read(world: World, cluster: Cluster) -> None:
    more = {
        "topics": {TOPIC: Topic(connector=NAME, source="kauppa"), "later": Topic(connector=NAME)}
    }
    cluster.put(TOPIC, TOLD[0])

    async def work() -> None:
        async with reading(world, settings(cluster, **more)) as edge:
            await until(lambda: len(world.outcomes()) == 1, "the others are read")
            assert ("topic later does not exist; create it",) == edge.problems
            cluster.create("later")
            cluster.put("later", TOLD[1])
            await until(lambda: len(world.outcomes()) == 2, "it is read once it is there")
            assert () == edge.problems

    in_the_hubs_loop(work())


def test_commits_that_fail_at_the_broker_lose_and_double_nothing(
    world: World, cluster: Cluster
) -> None:
    cluster.fails(OFFSET_COMMIT, *[UNAVAILABLE] * 20)
    cluster.put(TOPIC, *TOLD)
    read_all(world, cluster, 3)
    cluster.put(TOPIC, says(FACTS[2], id="again"))
    read_all(world, cluster, 4)

    assert ["applied", "applied", "applied", "duplicate"] == world.outcomes()
