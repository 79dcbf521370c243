"""A consumer that stands still while orders' records wait is noticed; one at rest is let be."""

from collections.abc import Callable

import pytest

from hub.stream.brokers import Brokers
from hub.stream.probe import Probe
from hub.stream.watchdog import Watchdog
from hub.telemetry import REGISTRY
from tests.builders import a_parcel, an_order, scan, story
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import FETCH, OFFSET_COMMIT, UNAVAILABLE, Cluster
from tests.hub.stream.test_reading import read_all
from tests.hub.stream.working import TOPIC, consuming, in_the_hubs_loop, reading, settings, until

FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
TOLD = [says(fact) for fact in FACTS]
MANY = 2000  #: so often that the patience of a test is over before


@pytest.fixture(autouse=True)
def topics(cluster: Cluster) -> None:
    cluster.create("hub.raw")
    cluster.create(TOPIC)


def restarts(reason: str) -> float:
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("tilanne_stream_restarts_total", labels) or 0.0


def hangs(cluster: Cluster) -> None:
    cluster.hangs(FETCH)


def hears_no_commit(cluster: Cluster) -> None:
    cluster.fails(OFFSET_COMMIT, *[UNAVAILABLE] * MANY)


@pytest.mark.parametrize("trouble", [hangs, hears_no_commit])
def test_a_consumer_that_does_not_get_on_is_started_anew_and_loses_and_doubles_nothing(
    world: World, cluster: Cluster, trouble: Callable[[Cluster], None]
) -> None:
    before = restarts("stuck")

    async def work() -> None:
        async with reading(world, settings(cluster, stream_watchdog=1)):
            cluster.put(TOPIC, TOLD[0])
            await until(lambda: cluster.committed(TOPIC) == 1, "it reads and commits")
            trouble(cluster)
            cluster.put(TOPIC, TOLD[1])
            await until(lambda: restarts("stuck") > before, "it is noticed and started anew")
            cluster.recovers(OFFSET_COMMIT)
            cluster.put(TOPIC, TOLD[2])
            await until(lambda: len(world.outcomes()) == 3, "it reads on")
            await until(lambda: cluster.committed(TOPIC) == 3, "it commits")

    in_the_hubs_loop(work())
    assert ["applied"] * 3 == world.outcomes()
    assert "delivered" == world.status()


def test_a_consumer_that_has_nothing_to_do_is_let_be(world: World, cluster: Cluster) -> None:
    cluster.put(TOPIC, *TOLD, None)  # the last one has no body
    said: list[str] = []

    async def work() -> None:
        async with consuming(world, cluster) as (app, reader):
            await until(lambda: cluster.committed(TOPIC) == 4, "all of it is read")
            impatient, probe = Watchdog(app, reader, 0.0), Probe(Brokers.of(settings(cluster)))
            said.extend([impatient.look(await probe.ends([*reader.moved])) for _ in range(3)])
            await probe.close()

    in_the_hubs_loop(work())
    assert ["", "", ""] == said


def test_a_broker_that_has_not_heard_how_far_a_quiet_topic_was_read_is_no_alarm(
    world: World, cluster: Cluster
) -> None:
    hears_no_commit(cluster)
    cluster.put(TOPIC, *TOLD)
    read_all(world, cluster, 3)
    cluster.recovers(OFFSET_COMMIT)
    said: list[str] = []

    async def work() -> None:
        async with consuming(world, cluster) as (app, reader):
            await until(lambda: reader.moved, "it has its partition")
            impatient, probe = Watchdog(app, reader, 0.0), Probe(Brokers.of(settings(cluster)))
            said.extend([impatient.look(await probe.ends([*reader.moved])) for _ in range(3)])
            await probe.close()

    in_the_hubs_loop(work())
    assert (-1001, ["", "", ""]) == (cluster.committed(TOPIC), said)
