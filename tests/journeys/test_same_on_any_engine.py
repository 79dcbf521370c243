"""The same day on every log and every database ends in the same orders, byte for byte."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.registry import discover
from hub.clock import utc_now
from hub.config import Settings
from hub.demo.post import deliveries
from hub.demo.settings import demo_settings
from hub.intake.inbox import Receive, receive
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.queries.audit import audit
from hub.queries.tallies import sums
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.stream.edge import Edge
from hub.stream.station import Stream
from tests.faults.postgres import new_database
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.working import in_the_hubs_loop, until
from tests.journeys.test_script_of_the_day import Evening, expected_statuses, look, raw_of

NOW = datetime(2026, 11, 21, 14, 3, 7, tzinfo=UTC)
DAY = deliveries(6, NOW)
PARTITIONS = 4


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    opened = Cluster()
    opened.create("hub.raw", PARTITIONS)
    yield opened
    opened.close()


class Life:
    """One hub on one database, for a day."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.store = Store(url)
        migrate(self.store)
        self.settings = demo_settings(settings, seed=1, sink_url="http://127.0.0.1:9/")
        self.translator = Translator(discover(), self.settings)
        self.pipeline = Pipeline(self.store, self.translator, lambda _: None)
        self.embedded = partial(receive, self.store, arrived=self.pipeline.arrived)

    async def deliver(self, door: Receive) -> None:
        for number, one in enumerate(DAY, 1):
            await door(raw_of(one.message, number, NOW + timedelta(seconds=number)))

    async def by_log(self) -> None:
        await self.deliver(self.embedded)
        while await self.pipeline.step():
            pass

    async def by_topic(self) -> None:
        stream = Stream(self.settings)
        stream.read(self.pipeline.mover, self.translator, utc_now)
        running = [asyncio.create_task(one.run()) for one in stream.stations]
        await until(lambda: not stream.publisher.problem, "the broker answers")
        await self.deliver(stream.door(self.embedded))
        await until(lambda: self.dealt_with() == len(DAY), "all of it is read")
        for one in stream.stations:
            await one.stop()
        await asyncio.gather(*running)
        assert any(isinstance(one, Edge) for one in stream.stations)

    def dealt_with(self) -> int:
        return sum(self.store.read_now(lambda c: sums(c, NOW)).outcomes.values())

    def end(self) -> Evening:
        wrong = [one.name for one in self.store.read_now(audit) if not one.holds]
        evening = self.store.read_now(lambda c: look(c, NOW))
        self.store.close()
        assert [] == wrong
        return evening


def test_four_combinations_of_log_and_database_end_in_the_same_orders(
    tmp_path: Path, cluster: Cluster, postgresql: str
) -> None:
    evenings: dict[tuple[str, str], Evening] = {}
    for log, database in product(("embedded", "kafka"), ("sqlite", "postgresql")):
        url = f"sqlite:///{tmp_path}/{log}.db"
        if database == "postgresql":
            url = new_database(postgresql, f"day_{uuid4().hex}")
        own = {
            "stream_url": cluster.url,
            "stream_group": f"hub-on-{database}",
            "stream_session": 1.5,
        }
        own |= {"stream_patience": 20.0}
        life = Life(url, Settings(**own) if log == "kafka" else Settings())
        in_the_hubs_loop(life.by_topic() if log == "kafka" else life.by_log())
        evenings[log, database] = life.end()
        if log == "kafka":  # the next one is to read its own day
            cluster.delete("hub.raw")
            cluster.create("hub.raw", PARTITIONS)
    first = evenings["embedded", "sqlite"]

    assert expected_statuses(NOW) == first.statuses
    for combination, evening in evenings.items():
        assert first.snapshots == evening.snapshots, combination
