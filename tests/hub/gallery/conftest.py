"""Every milestone as the real pipeline wrote it into the outbox, of orders told in facts."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from hub.config import Settings
from hub.gallery.lives import MILESTONES, life_of
from hub.notify.news import News
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.store import log
from hub.store.migrate import migrate
from hub.store.outbox import OUTBOX
from hub.store.session import Store
from state_machine.milestones import Told
from tests.hub.pipeline.speech import NAME, Speech, registered, says

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Told2News = Mapping[tuple[Told, bool], News]


def shop_of(milestone: Told, *, rich: bool) -> str:
    return f"{milestone}-{'rich' if rich else 'bare'}".replace("_", "-")


async def work(store: Store) -> None:
    translator = Translator({NAME: registered(Speech())}, Settings())
    pipeline = Pipeline(store, translator, lambda _: None)
    while await pipeline.step():
        pass


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told2News:
    """Return what the outbox holds, by milestone and by how much was said."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('lives')}/hub.db")
    migrate(store)
    found = {}
    row = {"connector": NAME, "received_at": NOW, "headers": "{}"}
    for milestone in MILESTONES:
        for rich in (True, False):
            shop = shop_of(milestone, rich=rich)
            # one message a fact: a correction is of what was believed before it came
            for fact in life_of(milestone, shop, NOW, rich=rich):
                body = says(fact, id=fact.id)
                added = [row | {"source": shop, "body": body}]
                store.write_now(lambda c, added=added: log.append(c, added))
                if milestone is Told.CORRECTION:
                    asyncio.run(work(store))
    asyncio.run(work(store))
    for row in store.read_now(lambda c: c.execute(select(OUTBOX)).all()):
        milestone, rich = Told(row.milestone), row.order_id.partition(":")[0].endswith("-rich")
        if row.order_id == f"{shop_of(milestone, rich=rich)}:1001":
            found[milestone, rich] = News.read(row)
    store.close()
    return found
