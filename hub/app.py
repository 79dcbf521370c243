"""The composition root: the only file that builds things and hands them out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from fastapi import FastAPI

from connectors.registry import discover
from hub import __version__
from hub.catalogues import Catalogues
from hub.clock import Clock, utc_now
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.intake import webhooks
from hub.notify.dispatcher import Dispatcher
from hub.pipeline.apply import Applied
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.queries import Queries
from hub.scheduler import facts
from hub.scheduler.timetable import timetable
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.web import api, health, pages, problems
from hub.web.doorway import Doorway
from hub.web.openapi import describe


@dataclass(slots=True)
class Hub:
    """A hub, built and ready to run."""

    settings: Settings
    store: Store
    api: FastAPI
    pipeline: Pipeline
    dispatcher: Dispatcher
    ticker: AsyncIOScheduler

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Future[None]]:
        """Run all stations; yield a future that fails as soon as one of them does."""
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        stations: list[Callable[[], Awaitable[None]]] = [self.pipeline.run, self.dispatcher.run]
        tasks = [asyncio.create_task(_watched(one, failed)) for one in stations]
        self.ticker.start()
        try:
            yield failed
        finally:
            self.ticker.shutdown(wait=False)
            await self.dispatcher.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            failed.cancel()

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


async def _watched(station: Callable[[], Awaitable[None]], failed: asyncio.Future[None]) -> None:
    """A station never ends by itself; if it does, the process must not go on half alive."""
    try:
        await station()
    except Exception as error:  # noqa: BLE001 - handed to whoever runs the hub
        if not failed.done():
            failed.set_exception(error)


def build(settings: Settings, clock: Clock = utc_now) -> Hub:
    """Build a hub from its settings; the database is migrated and claimed for this process.

    Raises ``AlreadyRunning`` when another hub has the database, ``BrokenConnector`` when a module
    of ``connectors/`` breaks the contract, ``ValueError`` for settings that cannot be used.
    """
    store = Store(settings.database_url)
    try:
        store.hold_alone()
        migrate(store)
        return _assemble(settings, clock, store)
    except BaseException:
        store.close()
        raise


def _assemble(settings: Settings, clock: Clock, store: Store) -> Hub:
    connectors = discover()
    labels = Catalogues.load()
    courtesy = Courtesy()
    dispatcher = Dispatcher(store, settings, clock, labels)
    everyone = {**connectors, facts.NAME: facts.registered()}

    def changed(applied: Applied) -> None:
        if applied.told:
            dispatcher.wake()

    pipeline = Pipeline(store, Translator(everyone, settings), changed, courtesy)
    queries = Queries(store)
    web = FastAPI(title="Tilanne", version=__version__, docs_url=None, redoc_url=None)
    # an address is right or wrong; "try there" would be built from a Host that anybody can send
    web.router.redirect_slashes = False
    problems.install(web)
    door = webhooks.open_door(connectors, store, settings, clock, pipeline.arrived, courtesy)
    web.include_router(webhooks.router(door))
    web.add_middleware(Doorway, take=door.take)
    web.include_router(api.router(queries=queries, settings=settings, labels=labels))
    web.include_router(health.router(queries=queries, clock=clock))
    web.include_router(pages.router(queries=queries, settings=settings, labels=labels, clock=clock))
    describe(web)
    return Hub(
        settings=settings,
        store=store,
        api=web,
        pipeline=pipeline,
        dispatcher=dispatcher,
        ticker=timetable(
            store, settings, clock, arrived=pipeline.arrived, recheck=pipeline.recheck
        ),
    )
