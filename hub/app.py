"""The composition root: the only file that builds things and hands them out."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from fastapi import FastAPI

from connectors.registry import discover
from hub import __version__
from hub.catalogues import Catalogues
from hub.clock import Clock, utc_now
from hub.config import Settings
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
from hub.web.openapi import describe

STOPS = (signal.SIGINT, signal.SIGTERM)
GRACE_S = 10  #: seconds a stopping hub gives open requests

_log = structlog.get_logger()


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
    dispatcher = Dispatcher(store, settings, clock, labels)
    everyone = {**connectors, facts.NAME: facts.registered()}

    def changed(applied: Applied) -> None:
        if applied.told:
            dispatcher.wake()

    pipeline = Pipeline(store, Translator(everyone, settings), changed)
    queries = Queries(store)
    web = FastAPI(title="Tilanne", version=__version__, docs_url=None, redoc_url=None)
    problems.install(web)
    web.include_router(webhooks.router(connectors, store, settings, clock, pipeline.arrived))
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
        ticker=timetable(store, settings, clock, pipeline.arrived),
    )


class Listener(uvicorn.Server):
    """The HTTP server; a hub that was asked to stop and did so ends well."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM.

        The library would raise the signal again once the door is closed, and the process would end
        as if it had been killed.
        """
        here = threading.current_thread() is threading.main_thread()
        loop = asyncio.get_running_loop()
        for stop in STOPS if here else ():
            loop.add_signal_handler(stop, self.handle_exit, stop, None)
        try:
            yield
        finally:
            for stop in STOPS if here else ():
                loop.remove_signal_handler(stop)


def server(hub: Hub) -> uvicorn.Server:
    """Return the HTTP server of a hub, not yet started."""
    return Listener(
        uvicorn.Config(
            hub.api,
            host=hub.settings.host,
            port=hub.settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=1000,
            timeout_graceful_shutdown=GRACE_S,
        )
    )


async def serve(hub: Hub, started: Callable[[int], Awaitable[None]]) -> None:
    """Run a hub until it is told to stop (SIGINT, SIGTERM) or one of its stations fails.

    ``started`` is awaited beside the server once it listens, with the port. Raises what made a
    station fail, after the door is closed.
    """
    http = server(hub)
    async with hub.running() as failed:
        serving = asyncio.create_task(http.serve())
        guest = asyncio.create_task(_once_listening(http, serving, started))
        await asyncio.wait((serving, failed), return_when=asyncio.FIRST_COMPLETED)
        http.should_exit = True
        await serving
        guest.cancel()
        with suppress(asyncio.CancelledError):
            await guest
        if failed.done():
            failed.result()


async def _once_listening(
    http: uvicorn.Server,
    serving: asyncio.Task[None],
    started: Callable[[int], Awaitable[None]],
) -> None:
    while not http.started and not serving.done():
        await asyncio.wait((serving,), timeout=0.02)
    if http.started:
        port: int = http.servers[0].sockets[0].getsockname()[1]
        _log.info("hub.listening", port=port)
        await started(port)
