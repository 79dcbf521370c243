"""A real server on a real port for tests, and a client that shows every byte of the answer."""

import asyncio
import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI

from hub.store import tables  # noqa: F401 - declares the tables
from hub.store.migrate import migrate
from hub.store.session import Store

DEADLINE = 10.0  #: seconds anything here may take


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Served:
    port: int
    store: Store
    headers: dict[str, str] = field(default_factory=dict)  # sent with every request

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()


class Announcing(uvicorn.Server):
    """Says when it listens, and stops when told to; the library would look ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.listens.set()
        await self._stop.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)


@contextmanager
def serving(app: FastAPI, store: Store) -> Iterator[Served]:
    server = Announcing(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    assert server.listens.wait(DEADLINE)
    try:
        yield Served(server.servers[0].sockets[0].getsockname()[1], store)
    finally:
        server.stop()
        thread.join(DEADLINE)
        assert not thread.is_alive()


@contextmanager
def stored(folder: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{folder / 'hub.db'}")
    migrate(store)
    try:
        yield store
    finally:
        store.close()


def assert_problem(reply: Reply, status: int, slug: str) -> dict[str, Any]:
    """The answer is a problem document of this kind that names a remedy."""
    document: dict[str, Any] = reply.json()
    assert (status, "application/problem+json") == (reply.status, reply.headers["content-type"])
    assert (f"/problems/{slug}", status) == (document["type"], document["status"])
    assert {"type", "title", "status", "detail", "remedy", "instance"} == document.keys()
    assert all(document[name] for name in ("title", "detail", "remedy", "instance"))
    return document
