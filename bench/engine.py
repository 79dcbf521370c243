"""A hub's engine with nothing around it: orders' facts made durable, believed and told, no door."""

import asyncio
import os
import sqlite3
from pathlib import Path
from time import perf_counter

from bench.day import DAY, START
from bench.programs import fresh
from connectors.registry import discover
from hub.catalogues import Catalogues
from hub.config import Settings
from hub.notify.dispatcher import Dispatcher
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.serve import settle_garbage
from hub.store import log
from hub.store.migrate import migrate
from hub.store.session import Store


def hub_with(path: Path, applied: list[bytes], waiting: list[bytes]) -> Path:
    """Make the database of a hub that has applied some deliveries and has others before it."""
    store = Store(f"sqlite:///{fresh(path)}")
    migrate(store)
    append(store, applied)
    asyncio.run(drain(store))
    append(store, waiting)
    store.close()
    settle(path)
    return path


def settle(path: Path) -> None:
    """Put everything in its place before a clock starts: nothing in a journal still to be moved."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def append(store: Store, bodies: list[bytes]) -> None:
    """Make deliveries durable as the door does."""
    common = {
        "connector": "canonical",
        "source": "bench",
        "received_at": START + DAY,
        "headers": "{}",
    }
    rows = [{**common, "body": body} for body in bodies]
    if rows:
        store.write_now(lambda connection: log.append(connection, rows))


async def drain(store: Store) -> float:
    """Let the pipeline deal with all that waits; return the seconds it took."""
    translator = Translator(discover(), Settings(secrets={"canonical": "whsec_"}))  # type: ignore[dict-item]
    pipeline = Pipeline(store, translator, lambda _: None)
    settle_garbage()  # as a hub does when it is built
    start = perf_counter()
    while await pipeline.step():
        pass
    return perf_counter() - start


async def tell(store: Store) -> float:
    """Let the dispatcher tell everything there is to tell; return the seconds it took."""
    now = START + 2 * DAY
    # Whoever runs this may have a real hub's environment: nobody out there is to hear of it.
    settings = Settings(smtp_url=None, sinks=())
    dispatcher = Dispatcher(store, settings, lambda: now, Catalogues.load())
    start = perf_counter()
    while await dispatcher.step():
        pass
    took = perf_counter() - start
    await dispatcher.stop()
    return took
