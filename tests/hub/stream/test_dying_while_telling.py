"""kill -9 of a hub that tells a topic of orders: whoever listens hears each thing once, in order.

Judged from outside the hub: what lies in the retailer's topic, what lies in the listener's.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from tests.faults.facts import STEPS, fact
from tests.faults.hub_process import wait_for
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.test_dying import ORDERS, TOPIC, Hub

LISTENS = "kassa.muutokset"
TOLD = "SELECT order_id, milestone FROM notice WHERE channel = 'topic' AND state = 'sent'"
#: where it dies -> whether the topic has something by then that the hub does not know of
PLACES = {
    "notify.leased": False,
    "notify.handing": False,
    "notify.answered": True,
    "notify.settling": True,
}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with closing(Cluster()) as made:
        for topic in ("hub.raw", TOPIC, LISTENS):
            made.create(topic)
        yield made


@pytest.fixture
def hub(tmp_path: Path, cluster: Cluster) -> Iterator[Hub]:
    one = Hub(tmp_path, cluster)
    one.environment["TILANNE_SINKS"] = json.dumps([{"name": "kassa", "topic": LISTENS}])
    yield one
    one.make_sure_it_is_gone()


def nobodys(order: int, step: str) -> bytes:
    """A happening of an order whose customer left no address: systems alone are told."""
    event = json.loads(fact(order, step))
    event["data"].pop("contact", None)
    return json.dumps(event).encode()


def heard(cluster: Cluster) -> list[dict[str, Any]]:
    """Everything that lies in the listener's topic."""
    consumer = cluster._consumer("counts")
    _, end = consumer.get_watermark_offsets(TopicPartition(LISTENS, 0), timeout=10)
    consumer.close()
    return [json.loads(one.value()) for one in cluster.read(LISTENS, end)]


@pytest.mark.slow
@pytest.mark.parametrize("place, unknown", PLACES.items())
def test_whoever_listens_hears_everything_once_and_in_its_order(
    cluster: Cluster, hub: Hub, place: str, unknown: bool
) -> None:
    for step in STEPS:
        cluster.put(TOPIC, *(nobodys(order, step) for order in ORDERS))
    hub.launch(place)
    assert -9 == hub.ends_by_itself()
    hub.start()
    told = len(STEPS) * len(ORDERS)
    wait_for(lambda: hub.read().total() == told, "all of the topic to be read")
    left = "SELECT count(*) FROM notice WHERE state IN ('due', 'leased')"
    unplanned = "SELECT count(*) FROM outbox WHERE planned_at IS NULL"
    wait_for(lambda: [(0,), (0,)] == [*hub.rows(left), *hub.rows(unplanned)], "all to be told")
    assert 0 == hub.stop()
    assert 0 == hub.run("audit", "--json")[0]

    came = [_short(one) for one in heard(cluster)]
    first = [*dict.fromkeys(came)]  # each as it came first
    last = {(f"kauppa:{order}", "out_for_delivery") for order in ORDERS}
    assert sorted(hub.rows(TOLD)) == sorted((order, milestone) for _, order, milestone, _ in first)
    assert last <= {(order, milestone) for _, order, milestone, _ in first}
    assert len(first) == len({name for name, *_ in first})
    assert unknown == (len(came) > len(first))
    versions = defaultdict(list)
    for _, order, _, version in first:
        versions[order].append(version)
    assert all(seen == sorted(seen) for seen in versions.values())


def _short(event: dict[str, Any]) -> tuple[str, str, str, int]:
    """Return the id, of which order it is, what it says, and of which version."""
    said = event["data"]
    return event["id"], said["order_id"], said["milestone"], said["version"]
