"""A web process whose streams are listened to, and a listener who reads event by event."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import orjson
import uvicorn
from fastapi import FastAPI
from sqlalchemy import update

from hub.catalogues import Catalogues
from hub.listening.debts import Patience
from hub.listening.line import Line
from hub.listening.listener import Listener
from hub.live import Live
from hub.queries import Queries
from hub.store.session import Store
from hub.store.tables import BeliefRow, table
from hub.web import problems, sse
from hub.web.auth import Keys
from tests.hub.web.conftest import KEYS, READ

BELIEF = table(BeliefRow)
READS = f"Host: hub\r\nAuthorization: Bearer {READ}\r\n"
DEADLINE = 10.0  #: seconds anything here may take
PATIENCE = Patience(lines=50, size=1000, head=5.0, body=5.0, idle=0.75)
LABELS = Catalogues.load()


def moves(store: Store, order: str, version: int, **values: Any) -> None:
    """Another version of an order is committed."""
    change = update(BELIEF).where(BELIEF.c.order_id == order).values(version=version, **values)
    store.write_now(lambda c: c.execute(change))


@dataclass
class Web:
    streams: sse.Streams
    port: int


@asynccontextmanager
async def serve(app: FastAPI) -> AsyncIterator[int]:
    """Let an application answer in this event loop; yield its port."""
    config = uvicorn.Config(
        app, port=0, http=partial(Line, patience=PATIENCE), lifespan="off", log_config=None
    )
    server = Listener(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.wait_for(asyncio.wait((serving,), timeout=0.01), DEADLINE)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def web(
    store: Store, live: Live, *, most: int = 10, heartbeat: float = 15
) -> AsyncIterator[Web]:
    """A process with nothing but streams, which looks at the database only when it is told to."""
    streams = sse.Streams(Queries(store), live, Keys(KEYS), LABELS, most=most, heartbeat=heartbeat)
    app = FastAPI()
    problems.install(app)
    app.include_router(sse.router(streams))
    async with serve(app) as port:
        try:
            yield Web(streams, port)
        finally:
            await streams.stop()


class Listening:
    """One stream, read event by event; what is no event (a heartbeat) is a comment."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.comments = 0

    async def event(self, seconds: float = DEADLINE) -> dict[str, str]:
        """The next event; {} at the end of the stream."""
        async with asyncio.timeout(seconds):
            seen: dict[str, str] = {}
            while line := await self.answer.content.readline():
                name, _, value = line.decode().rstrip("\r\n").partition(": ")
                if name:
                    seen[name] = value
                elif value:
                    self.comments += 1
                elif "data" in seen:
                    return seen
            return {}

    async def snapshot(self, seconds: float = DEADLINE) -> dict[str, Any]:
        event = await self.event(seconds)
        document: dict[str, Any] = orjson.loads(event["data"])
        assert event["id"] == str(document["version"])
        return document


@asynccontextmanager
async def listening(
    port: int, order: str, headers: Mapping[str, str] | None = None, key: str = READ
) -> AsyncIterator[Listening]:
    sent = {"Authorization": f"Bearer {key}", **(headers or {})}
    url = f"http://127.0.0.1:{port}/v1/orders/{order}/events"
    async with (
        aiohttp.ClientSession(read_bufsize=2**24) as session,
        session.get(url, headers=sent) as answer,
    ):
        yield Listening(answer)
