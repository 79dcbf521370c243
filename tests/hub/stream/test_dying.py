"""kill -9 of a hub that reads a topic: between the database's commit and the broker's, and around.

Judged from outside the hub: what lies in the topic, what orders came of it, what letters.
"""

import email
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.facts import STEPS, fact
from tests.faults.hub_process import HubProcess, wait_for
from tests.hub.stream.brokers import Cluster

TOPIC, PARTITIONS = "kauppa.tilaukset", 3
#: in the transaction; after its commit; after all of it was acknowledged, to be committed soon
PLACES = ("pipeline.belief", "pipeline.committed", "stream.acknowledged")
ORDERS = range(1, 7)


class Hub(HubProcess):
    """One that reads the topic, and what can be seen of it in its database."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        super().__init__(
            folder,
            TILANNE_STREAM_URL=cluster.url,
            TILANNE_STREAM_SESSION="1.5",
            TILANNE_TOPICS=json.dumps({TOPIC: {"connector": "canonical"}}),
        )
        self._database = folder / "hub.db"

    def rows(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self._database)) as database:
            return database.execute(sql).fetchall()

    def read(self) -> Counter[int]:
        """How many records of each partition the database has gone past."""
        places = self.rows("SELECT topic, partition, next_offset FROM stream_offset")
        return Counter({partition: end for topic, partition, end in places if topic == TOPIC})

    def letters(self) -> Counter[tuple[str, str]]:
        found = [email.message_from_bytes(one) for (one,) in self.rows("SELECT message FROM mail")]
        return Counter((str(one["To"]), str(one["Subject"])) for one in found)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with closing(Cluster()) as made:
        made.create("hub.raw")
        made.create(TOPIC, PARTITIONS)
        yield made


@pytest.fixture
def hub(tmp_path: Path, cluster: Cluster) -> Iterator[Hub]:
    one = Hub(tmp_path, cluster)
    yield one
    one.make_sure_it_is_gone()


def tell(cluster: Cluster, step: str) -> None:
    for order in ORDERS:
        cluster.put(TOPIC, fact(order, step), partition=order % PARTITIONS)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_whoever_dies_between_the_databases_commit_and_the_brokers_loses_and_doubles_nothing(
    cluster: Cluster, hub: Hub, place: str
) -> None:
    tell(cluster, STEPS[0])
    hub.launch(place)
    assert -9 == hub.ends_by_itself()
    kept = hub.read()
    for step in STEPS[1:]:
        tell(cluster, step)
    known = [max(cluster.committed(TOPIC, n), 0) for n in range(PARTITIONS)]
    hub.start()
    told = len(STEPS) * len(ORDERS)
    wait_for(lambda: hub.read().total() == told, "all of the topic to be read")
    wait_for(lambda: len(hub.letters()) == 2 * len(ORDERS), "letters of all orders")
    assert 0 == hub.stop()

    assert (place == "pipeline.belief") == (kept.total() == 0)
    assert [0] * PARTITIONS == known, "the broker had not heard of it"
    assert [("applied", told)] == hub.rows("SELECT outcome, count(*) FROM inbox GROUP BY outcome")
    assert [(told, told)] == hub.rows("SELECT count(*), count(DISTINCT origin) FROM raw")
    assert [(told,)] == hub.rows("SELECT count(*) FROM timeline")
    assert {1} == set(hub.letters().values())
    statuses = hub.rows("SELECT status, count(*) FROM belief GROUP BY status")
    assert [("out_for_delivery", len(ORDERS))] == statuses
    assert 0 == hub.run("audit", "--json")[0]
    committed = [cluster.committed(TOPIC, number) for number in range(PARTITIONS)]
    assert [told // PARTITIONS] * PARTITIONS == committed
