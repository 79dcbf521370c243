"""A hub with a life behind it: the example day has gone by, and its letters are out."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

from sqlalchemy import select, text

from connectors.registry import discover
from hub.app import build
from hub.clock import utc_now
from hub.config import Settings
from hub.demo.post import deliveries
from hub.demo.settings import demo_settings
from hub.intake.inbox import receive
from hub.notify.dispatcher import Dispatcher
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.store import log
from hub.store.migrate import migrate
from hub.store.outbox import MAIL
from hub.store.session import Store
from tests.faults.facts import fact
from tests.hub.notify.world import CATALOGUES
from tests.journeys.test_script_of_the_day import raw_of

NEW_ORDER = 777
LETTERS = [(f"asiakas.{NEW_ORDER}@asiakas.example", f"#{NEW_ORDER}")]


class Lived:
    """A hub on its database; to be closed."""

    now = datetime(2026, 11, 21, 14, 3, 7, tzinfo=UTC)

    def __init__(self, url: str) -> None:
        self.url = url
        day = demo_settings(Settings(), seed=1, sink_url="http://127.0.0.1:9/")
        self.settings = day.model_copy(update={"sinks": ()})

    def __enter__(self) -> "Lived":
        self.store = Store(self.url)
        migrate(self.store)
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def build(self) -> None:
        """Start it as `tilanne up` does."""
        build(Settings(database_url=self.url)).close()

    def live_the_day(self) -> None:
        async def take_in() -> None:
            for number, one in enumerate(deliveries(1, self.now)):
                raw = raw_of(one.message, number, self.now + timedelta(seconds=number))
                await receive(self.store, raw, arrived=lambda: None)

        asyncio.run(take_in())
        self._work()

    def hears_of_a_new_order(self) -> int:
        """Take in a fact of an order nobody knew; return the number of its raw."""
        raw = {"connector": "canonical", "source": "kauppa", "received_at": utc_now()}
        raw |= {"headers": "{}", "body": fact(NEW_ORDER, "order.placed")}
        self.store.write_now(lambda c: log.append(c, [raw]))
        self._work()
        return int(self.run("SELECT max(id) FROM raw")[0][0])

    def letters(self) -> list[tuple[str, str]]:
        """To whom letters went, and of which order; in the order they were written."""
        rows = self.store.read_now(lambda c: c.execute(select(MAIL).order_by(MAIL.c.id)).all())
        read = [message_from_bytes(row.message, policy=policy.default) for row in rows]
        return [(str(one["To"]), str(one["Subject"]).split()[-1]) for one in read]

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        def work(connection: Any) -> Sequence[Any]:
            found = connection.execute(text(sql))
            return found.all() if found.returns_rows else []

        return [tuple(row) for row in self.store.write_now(work)]

    def _work(self) -> None:
        async def work() -> None:
            pipeline = Pipeline(self.store, Translator(discover(), self.settings), lambda _: None)
            while await pipeline.step():
                pass
            dispatcher = Dispatcher(self.store, self.settings, utc_now, CATALOGUES)
            while await dispatcher.step():
                pass
            await dispatcher.stop()

        asyncio.run(work())
