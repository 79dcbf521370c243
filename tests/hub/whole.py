"""A hub from the log to the letter: deliver messages at a time, and read what customers get."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from connectors.registry import discover
from hub.config import Settings
from hub.notify.dispatcher import Dispatcher
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.queries.history import Entry, timeline
from hub.store import log
from hub.store.migrate import migrate
from hub.store.outbox import BELIEF, MAIL, NOTICE
from hub.store.session import Store
from tests.builders import MONDAY
from tests.hub.notify.world import CATALOGUES
from tests.hub.pipeline.speech import NAME, Speech, registered

CONNECTORS = {**discover(), NAME: registered(Speech())}


class Whole:
    """A database, a pipeline and a dispatcher that are started anew for every message."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.store = Store(f"sqlite:///{folder}/hub.db")
        migrate(self.store)
        self.settings = Settings(**settings)
        self.now = MONDAY

    def clock(self) -> datetime:
        return self.now

    def hears(self, body: bytes | Any, connector: str = "canonical") -> str:
        """Deliver a message now, let it work its way to the letters; return its outcome."""
        body = body if isinstance(body, bytes) else orjson.dumps(body)
        row = {"connector": connector, "source": "kauppa", "received_at": self.now}
        self.store.write_now(lambda c: log.append(c, [row | {"headers": "{}", "body": body}]))
        asyncio.run(self._work())
        query = "SELECT outcome FROM inbox ORDER BY raw_id DESC"
        return str(self.store.read_now(lambda c: c.exec_driver_sql(query).scalar()))

    async def _work(self) -> None:
        translator = Translator(CONNECTORS, self.settings)
        pipeline = Pipeline(self.store, translator, lambda _: None)
        while await pipeline.step():
            pass
        dispatcher = Dispatcher(self.store, self.settings, self.clock, CATALOGUES)
        for _ in range(3):  # a letter may wait for another of its order
            await dispatcher.step()
        await dispatcher.stop()

    def letters(self) -> list[tuple[str, str]]:
        """To whom a letter went, and its subject."""
        rows = self.store.read_now(lambda c: c.execute(select(MAIL)).all())
        read = [message_from_bytes(row.message, policy=policy.default) for row in rows]
        return [(str(one["To"]), str(one["Subject"])) for one in read]

    def notices(self) -> list[tuple[str, str, str | None]]:
        """What was to be told to customers, and what became of it."""
        query = select(NOTICE).where(NOTICE.c.channel == "email").order_by(NOTICE.c.id)
        rows = self.store.read_now(lambda c: c.execute(query).all())
        return [(row.milestone, row.state, row.reason) for row in rows]

    def status(self, order: str = "kauppa:1001") -> str:
        query = select(BELIEF.c.status).where(BELIEF.c.order_id == order)
        return str(self.store.read_now(lambda c: c.execute(query).scalar()))

    def timeline(self, order: str = "kauppa:1001") -> Sequence[Entry]:
        return self.store.read_now(lambda c: timeline(c, order))
