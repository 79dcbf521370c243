"""How fast facts of a topic become belief: through Faust on a real broker, beside a bare loop.

One Apache Kafka and one PostgreSQL. The records lie in the topic before any clock starts, and a
clock runs from the first batch that is believed to the last, so that joining a consumer group costs
nobody anything. The bare side is an aiokafka loop with a group of its own that reads the same
records and executes, transaction by transaction, the very statements and rows the hub wrote.
"""

import asyncio
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
import uvloop
from aiokafka import AIOKafkaConsumer

from bench.bars import Figure, Progress, figure
from bench.feed import (
    FEED,
    LONG_FEED,
    PARTITIONS,
    PATIENCE,
    Watch,
    drained,
    fill,
    new_database,
    reading,
)
from bench.pipeline import Written, listen
from bench.sizes import Sizes
from connectors.registry import discover
from deploy.kafka.broker import Broker, running
from deploy.kafka.jars import NoBroker
from hub.clock import utc_now
from hub.config import Settings
from hub.pipeline.apply import Applied
from hub.pipeline.move import Mover
from hub.pipeline.translate import Translator
from hub.serve import settle_garbage
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.stream.edge import Edge
from hub.stream.records import CHANGES, RAW

NAMES = ("faust_facts_per_s", "faust_vs_bare", "faust_two_workers", "faust_drain_100000_s")


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield the figures of NAMES, or none of them where there can be no broker."""
    from tests.faults.postgres import server  # noqa: PLC0415 - asks for a place when it is imported

    with ExitStack() as stack:
        try:
            place = Path(stack.enter_context(TemporaryDirectory(dir=folder)))
            broker = stack.enter_context(running(place))
        except NoBroker as error:
            progress(f"left out, {', '.join(NAMES)}: {error}")
            return
        database = stack.enter_context(server())
        broker.create({RAW: 1, CHANGES: 1, FEED: PARTITIONS, LONG_FEED: PARTITIONS})
        progress("through Faust and beside it")
        fill(broker, FEED, sizes.stream_facts)
        side = Sides(broker, database, sizes.stream_facts)
        hub, bare = side.by_side(sizes.stream_runs, progress)
        ratio = statistics.median(one / other for one, other in zip(hub, bare, strict=True))
        yield figure("faust_facts_per_s", statistics.median(hub), instead=ratio >= 0.5)
        yield figure("faust_vs_bare", ratio, bare_facts_per_s=round(statistics.median(bare), 1))
        fill(broker, LONG_FEED, sizes.drain_facts)
        progress(f"{sizes.drain_facts:,} facts wait for one worker, and then for two")
        alone, seconds = drained(broker, database, folder, sizes.drain_facts, workers=1)
        together, _ = drained(broker, database, folder, sizes.drain_facts, workers=2)
        rates = {"one": round(alone, 1), "two": round(together, 1)}
        yield figure("faust_two_workers", together / alone, facts_per_s=rates)
        yield figure("faust_drain_100000_s", seconds * 100_000 / sizes.drain_facts)


class Sides:
    """The hub and the bare loop, on one topic and each on databases of their own."""

    def __init__(self, broker: Broker, server: str, facts: int) -> None:
        self._broker, self._server, self._facts = broker, server, facts

    def by_side(self, runs: int, progress: Progress) -> tuple[list[float], list[float]]:
        """Return facts per second of both, run by run."""
        written, hub, bare = Written(), [], []
        self._hub(written)
        written.transactions = [one for one in written.transactions if one]
        for run in range(runs):
            hub.append(self._hub(None))
            bare.append(uvloop.run(self._bare(written)))
            progress(f"run {run + 1} of {runs}: Faust {hub[-1]:,.0f}/s, bare {bare[-1]:,.0f}/s")
        return hub, bare

    def _hub(self, written: Written | None) -> float:
        store = Store(new_database(self._server))
        try:
            migrate(store)
            if written is not None:
                listen(store, written)
            return uvloop.run(self._through_faust(store))
        finally:
            store.close()

    async def _through_faust(self, store: Store) -> float:
        settings = Settings(**reading(self._broker, FEED))
        watch, over = Watch(self._facts), asyncio.Event()

        def changed(applied: Applied) -> None:
            if watch.reads(watch.read + applied.raws):
                over.set()

        translator = Translator(discover(), settings)
        edge = Edge(settings, Mover(store, translator, changed), translator, utc_now)
        settle_garbage()
        working = asyncio.create_task(edge.run())
        try:
            await asyncio.wait_for(over.wait(), PATIENCE)
        finally:
            await edge.stop()
            await working
        return watch.rate

    async def _bare(self, written: Written) -> float:
        store = Store(new_database(self._server))
        migrate(store)
        store.close()
        url = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
        consumer = AIOKafkaConsumer(
            FEED,
            bootstrap_servers=self._broker.address,
            group_id=f"bare-{uuid4().hex}",
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            with psycopg.connect(url) as connection:
                return await self._loop(consumer, written, _writing(connection))
        finally:
            await consumer.stop()

    async def _loop(
        self, consumer: AIOKafkaConsumer, written: Written, write: Callable[[Any], None]
    ) -> float:
        watch, have, loop = Watch(self._facts), 0, asyncio.get_running_loop()
        share = self._facts / len(written.transactions)
        for number, transaction in enumerate(written.transactions, 1):
            while have < int(share * number):
                read = await consumer.getmany(timeout_ms=1000, max_records=500)
                have += sum(map(len, read.values()))
            await loop.run_in_executor(None, write, transaction)
            watch.reads(have)
        return watch.rate


def _writing(connection: "psycopg.Connection[Any]") -> Callable[[Any], None]:
    def write(transaction: Any) -> None:
        with connection.cursor() as cursor:
            for sql, rows, many in transaction:
                if many:
                    cursor.executemany(sql, rows)
                else:
                    cursor.execute(sql, rows)
        connection.commit()

    return write
