"""The same journey of 5 000 facts on every store and log: each order reads the same to the byte."""

import asyncio
import itertools
import json
import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from sqlalchemy import func, select

from bench.day import DAY, LIFE, START, body
from connectors.signatures import sign_standard_webhook
from hub.config import Settings
from hub.serve import Served, open_hub
from hub.store.inbox import INBOX
from hub.store.tables import TimelineRow, table
from tests.faults.hub_process import KEY, SECRET
from tests.faults.postgres import new_database
from tests.hub.stream.brokers import Cluster

ORDERS = 625
FACTS = ORDERS * len(LIFE)
TOGETHER = 25  #: facts of different orders in one delivery
PATIENCE = 60.0  #: seconds until a round is believed


def rounds() -> Iterator[list[bytes]]:
    """Yield the deliveries of each round, in which every order has one fact.

    How often an order's version grows depends on which of its facts are believed together; so
    never two of them are under way at once. Every third order hears of its steps in any order.
    """
    dice = random.Random(5000)
    ways = [list(range(len(LIFE))) for _ in range(ORDERS)]
    for way in ways[::3]:
        dice.shuffle(way)
    for number in range(len(LIFE)):
        facts = [body(order, way[number]) for order, way in enumerate(ways)]
        again = dice.sample(facts, 10)  # some come twice, in one delivery or in two
        dice.shuffle(facts := facts + again)
        bodies = (facts[n : n + TOGETHER] for n in range(0, len(facts), TOGETHER))
        yield [b"[" + b",".join(one) + b"]" for one in bodies]


class Journey:
    """One hub from the first fact to the last."""

    def __init__(self, ways: Mapping[str, str]) -> None:
        keys = json.dumps([{"name": "test", "key": KEY, "scopes": ["read"]}])
        self._settings = Settings(
            **{"port": 0, "secrets": {"canonical": SECRET}, "api_keys": json.loads(keys), **ways}
        )
        self._now = START + DAY
        self._sent = 0

    async def goes(self) -> dict[str, bytes]:
        """Tell of everything; return what is then said of each order."""
        async with (
            open_hub(self._settings, self._clock) as hub,
            aiohttp.ClientSession(hub.url) as session,
        ):
            for deliveries in rounds():
                self._now += timedelta(minutes=1)
                await asyncio.gather(*(self._send(session, one) for one in deliveries))
                await self._believed(hub)
            facts = await hub.hub.store.read(
                lambda c: c.execute(select(func.count()).select_from(table(TimelineRow))).scalar()
            )
            assert FACTS == facts
            return {str(n): await self._snapshot(session, n) for n in range(ORDERS)}

    def _clock(self) -> datetime:
        return self._now

    async def _send(self, session: aiohttp.ClientSession, delivery: bytes) -> None:
        name, now = f"msg_{self._sent}", int(self._now.timestamp())
        self._sent += 1
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(now),
            "webhook-signature": sign_standard_webhook(SECRET, name, now, delivery),
            "content-type": "application/cloudevents-batch+json",
        }
        async with session.post("/in/canonical", data=delivery, headers=headers) as answer:
            assert 202 == answer.status, await answer.text()

    async def _believed(self, hub: Served) -> None:
        taken = select(func.count()).select_from(INBOX)
        async with asyncio.timeout(PATIENCE):
            while await hub.hub.store.read(lambda c: c.execute(taken).scalar()) < self._sent:
                await _blink()

    async def _snapshot(self, session: aiohttp.ClientSession, order: int) -> bytes:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with session.get(f"/v1/orders/bench:{order}", headers=headers) as answer:
            assert 200 == answer.status
            return await answer.read()


async def _blink() -> None:
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, done.set_result, None)
    await done


@contextmanager
def kafka() -> Iterator[dict[str, str]]:
    """A cluster that has never heard of any order."""
    with closing(Cluster()) as cluster:
        for topic in ("hub.raw", "hub.changes"):
            cluster.create(topic, 3)
        yield {"stream_url": cluster.url}


@pytest.mark.slow
def test_an_order_reads_the_same_whatever_store_and_log_it_went_through(
    tmp_path: Path, postgresql: str
) -> None:
    stores = {
        "SQLite": lambda: f"sqlite:///{tmp_path}/{uuid4().hex}.db",
        "PostgreSQL": lambda: new_database(postgresql, f"ways_{uuid4().hex}"),
    }
    logs = {"embedded": lambda: nullcontext({}), "Kafka": kafka}
    said = {}
    for (store, url), (log, opened) in itertools.product(stores.items(), logs.items()):
        with opened() as settings:
            journey = Journey({"database_url": url(), **settings})
            said[f"{store} and {log}"] = asyncio.run(journey.goes())

    first, *others = said
    assert ORDERS == len(said[first])
    for other in others:
        different = [n for n in said[first] if said[first][n] != said[other][n]]
        assert [] == different, f"{other}: {[said[way][different[0]] for way in (first, other)]}"
