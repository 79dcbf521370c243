"""Opens a hub to the world: its port, its server, its stations, and how all of it stops."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, TypeVar, cast

import structlog
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from hub.app import Hub, build
from hub.clock import Clock, utc_now
from hub.config import Settings
from hub.listening.debts import Patience
from hub.listening.line import Line
from hub.listening.listener import Listener
from hub.stations import Role

GARBAGE = (50_000, 20, 50)  #: how many new objects make Python look for garbage
GRACE_S = 10  #: seconds a stopping hub gives open requests

T = TypeVar("T")

_log = structlog.get_logger()


def server(hub: Hub) -> Listener:
    """Return the HTTP server of a hub, not yet started."""
    patience = Patience(
        lines=hub.settings.max_connections,
        size=hub.settings.max_body,
        head=hub.settings.head_deadline,
        body=hub.settings.body_deadline,
        idle=hub.settings.idle_deadline,
    )
    return Listener(
        uvicorn.Config(
            hub.api,
            host=hub.settings.host,
            port=hub.settings.port,
            http=cast(type[Line], partial(Line, patience=patience)),
            ws="none",
            log_config=None,  # the hub's own, hub/telemetry/lines.py
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing here asks who the sender's machine is
            timeout_keep_alive=ceil(patience.idle),
            timeout_graceful_shutdown=GRACE_S,
        )
    )


@dataclass(frozen=True, slots=True)
class Served:
    """A hub that listens."""

    hub: Hub
    url: str
    asked: asyncio.Event  #: to stop
    serving: asyncio.Task[None]
    failed: asyncio.Future[None]

    async def until_closed(self) -> None:
        """Wait until the hub is to stop; raise what made a station fail."""
        asked = asyncio.create_task(self.asked.wait())
        try:
            ends = (asked, self.serving, self.failed)
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
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
async def open_hub(
    settings: Settings, clock: Clock = utc_now, role: Role = Role.ALL
) -> AsyncIterator[Served]:
    """Build a hub, let it listen, and close it again. Raises ``OSError`` if its port is taken."""
    door = _bind(settings.host, settings.port)
    try:
        hub = build(settings, clock, role)
        try:
            settle_garbage()
            async with _listening(hub, door) as served:
                yield served
        finally:
            hub.close()
    finally:
        door.close()


@asynccontextmanager
async def _listening(hub: Hub, door: socket.socket) -> AsyncIterator[Served]:
    """Open the door of a hub; at the end, requests and stations end what is in hand together."""
    http = server(hub)
    # the port is ours already; handed over, it cannot be taken before the server has it
    serving = asyncio.create_task(http.serve(sockets=[door]))
    port: int = door.getsockname()[1]
    url = f"http://{hub.settings.host}:{port}"
    try:
        async with hub.running() as failed:
            _log.info("hub.open", role=hub.role, port=port)
            try:
                yield Served(hub, url, http.asked, serving, failed)
            finally:
                http.should_exit = True
    finally:
        http.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a program in the event loop the server is made for."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(main)


def settle_garbage() -> None:
    """Let Python look for garbage as a long-lived process needs it; once everything is built.

    What is built now stays: looking through it again and again would stop the door for some 80 ms
    every few thousand deliveries. And the orders at hand are many small objects that live long: to
    look through all of them every few batches would cost the pipeline a third of its time.
    """
    gc.set_threshold(*GARBAGE)
    gc.collect()
    gc.freeze()


def _bind(host: str, port: int) -> socket.socket:
    """Take a port; whoever connects before the server is up waits in the queue."""
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        remedy = "stop what listens there, or choose another with TILANNE_PORT"
        raise OSError(f"port {port} of {host}: {error.strerror}; {remedy}") from error
