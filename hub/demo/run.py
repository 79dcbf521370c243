"""`tilanne demo`: a hub on a fresh database, and the example day flowing through its real door."""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from hub.app import Hub, build, server
from hub.clock import Clock, utc_now
from hub.config import Settings
from hub.demo import showing
from hub.demo.play import play
from hub.demo.post import deliveries
from hub.demo.script import script
from hub.demo.settings import DATABASE, SINK, api_key, demo_settings, secret_of, wipe
from hub.demo.store_system import StoreSystem
from hub.demo.verify import Report, letter_faults, verify
from hub.queries import Queries
from hub.web.letters import letter

MOST_LETTERS = 10_000

T = TypeVar("T")


def main(base: Settings, *, seed: int, pace: float, stop: bool) -> int:
    """Run the example day; return the exit code, 1 when it did not end as its script says.

    In: ``pace`` in seconds between deliveries; ``stop``: end with the day instead of going on
    serving. Raises what ``hub.app.build`` raises.
    """
    try:
        return asyncio.run(run_demo(base, seed=seed, pace=pace, keep_running=not stop))
    except KeyboardInterrupt:
        return 0


async def run_demo(
    base: Settings,
    *,
    seed: int,
    pace: float,
    keep_running: bool,
    database: Path = DATABASE,
    clock: Clock = utc_now,
) -> int:
    """Start store system and hub, play the day, compare with the script; return the exit code."""
    console = Console()
    store_system = StoreSystem(secret_of(seed, SINK), clock)
    async with store_system.listening():
        wipe(database)
        settings = demo_settings(base, seed=seed, sink_url=store_system.url, database=database)
        async with open_hub(settings, clock) as served:
            console.print(showing.addresses(served.url, api_key(seed)))
            day = live_the_day(served, store_system, seed=seed, pace=pace, now=clock())
            ended = await served.while_open(day)
            if ended is None:
                return 0
            console.print(showing.evening(*ended, store_system.url))
            if keep_running:
                console.print(f"The hub goes on at {served.url} until Ctrl-C.")
                await served.until_closed()
            return 1 if ended[1] else 0


@dataclass(frozen=True, slots=True)
class Served:
    """A hub that listens."""

    hub: Hub
    url: str
    serving: asyncio.Task[None]
    failed: asyncio.Future[None]

    async def until_closed(self) -> None:
        """Wait until the hub is stopped; raise what made a station fail."""
        await asyncio.wait((self.serving, self.failed), return_when=asyncio.FIRST_COMPLETED)
        if self.failed.done():
            self.failed.result()

    async def while_open(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do some work as long as the hub is open; None when it was stopped before the end."""
        doing = asyncio.create_task(work)
        closed = asyncio.create_task(self.until_closed())
        try:
            await asyncio.wait((doing, closed), return_when=asyncio.FIRST_COMPLETED)
            if closed.done() and not doing.done():
                closed.result()
                return None
            return doing.result()
        finally:
            for task in (doing, closed):
                task.cancel()
            await asyncio.gather(doing, closed, return_exceptions=True)


@asynccontextmanager
async def open_hub(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Served]:
    """Build a hub, let it listen, and close it again. Raises ``OSError`` if its port is taken."""
    door = _bind(settings.host, settings.port)
    hub = build(settings, clock)
    try:
        http = server(hub)
        async with hub.running() as failed:
            # the port is ours already; handed over, it cannot be taken before the server has it
            serving = asyncio.create_task(http.serve(sockets=[door]))
            try:
                port: int = door.getsockname()[1]
                yield Served(hub, f"http://{settings.host}:{port}", serving, failed)
            finally:
                http.should_exit = True
                await asyncio.gather(serving, return_exceptions=True)
    finally:
        hub.close()
        door.close()


def _bind(host: str, port: int) -> socket.socket:
    """Take a port; whoever connects before the server is up waits in the queue."""
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        remedy = "stop what listens there, or choose another with TILANNE_PORT"
        raise OSError(f"port {port} of {host}: {error.strerror}; {remedy}") from error


async def live_the_day(
    served: Served, store_system: StoreSystem, *, seed: int, pace: float, now: datetime
) -> tuple[Report, list[str]]:
    """Play the day and compare; return the report and everything that is wrong."""
    stories, day = script(now), deliveries(seed, now)
    with showing.progress(len(day), now) as watch:
        await play(served.url, day, seed=seed, pace=pace, clock=utc_now, watch=watch)
    report = await verify(served.url, stories, key=api_key(seed), store=store_system.orders)
    mails = [letter(row) for row in await Queries(served.hub.store).mails(MOST_LETTERS)]
    wrong = letter_faults(stories, [(mail.to, mail.message_id) for mail in mails])
    return report, [*report.faults, *wrong]
