"""Roles with Kafka between them: what is missing is named, and the next worker reads on."""

import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.faults.facts import fact
from tests.faults.hub_process import wait_for
from tests.hub.stream.brokers import Cluster
from tests.journeys.parts import Parts

IN_TIME_S = 20.0  #: what docs/operating.md tells to give a process that is asked to stop


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with closing(Cluster()) as made:
        made.create("hub.raw", 2)
        yield made


def test_a_worker_that_is_stopped_ends_in_time_and_the_next_reads_on(
    parts: Parts, cluster: Cluster
) -> None:
    kafka = {"TILANNE_STREAM_URL": cluster.url, "TILANNE_STREAM_SESSION": "3"}
    web, worker = parts.start("web", **kafka), parts.start("worker", **kafka)
    web.deliver(fact(1, "order.placed"))
    wait_for(lambda: web.ask("/v1/orders/kauppa:1")[0] == 200, "the first order")
    by_topic = parts.one("SELECT count(*) FROM raw WHERE origin LIKE 'hub.raw/%'")
    before = time.monotonic()
    ended = worker.stop()
    took = time.monotonic() - before
    web.deliver(fact(2, "order.placed"))
    another = parts.start("worker", **kafka)
    wait_for(lambda: web.ask("/v1/orders/kauppa:2")[0] == 200, "the second order")

    assert (1, 0, 2) == (by_topic, ended, parts.one("SELECT count(*) FROM inbox"))
    assert IN_TIME_S > took
    assert (0, 0) == (another.stop(), web.stop())


def test_a_topic_that_is_not_there_and_a_broker_that_is_away_are_named(
    parts: Parts, cluster: Cluster
) -> None:
    topics = json.dumps({"retailer.orders": {"connector": "canonical"}})
    worker = parts.start("worker", TILANNE_STREAM_URL=cluster.url, TILANNE_TOPICS=topics)

    def kafka() -> tuple[int, bool, str, str]:
        status, body = worker.ask("/health/ready")
        (one,) = (check for check in json.loads(body)["checks"] if check["what"] == "kafka")
        return status, one["well"], one["found"], one["remedy"]

    assert (200, False, "missing topics: retailer.orders") == kafka()[:3]
    assert "create the topics" in kafka()[3]
    assert "missing topics: retailer.orders" in worker.run("doctor", "--json")[1]
    cluster.create("retailer.orders")
    wait_for(lambda: kafka()[1], "the topics to be there")
    cluster.goes_away()
    wait_for(
        lambda: kafka()[2] in {"no broker answers", "does not answer within 2 s"}, "the broker"
    )
    assert 200 == kafka()[0]
    cluster.comes_back()
    wait_for(lambda: kafka()[1], "the broker to be back")
    assert 0 == worker.stop()
