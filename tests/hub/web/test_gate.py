"""How often somebody may ask or deliver, and what becomes of that when the Redis is away."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from hub.config import Settings
from hub.live import Live, State
from hub.live.in_process import InProcess
from hub.live.over_redis import OverRedis
from hub.live.shared import Shared
from hub.store.session import Store
from hub.store.tables import RawRow, table
from hub.web import gate, quarantine
from hub.web.auth import Keys
from tests.hub.live.engines import Server, server, until
from tests.hub.serving import stored
from tests.hub.web.conftest import ADMIN, KEYS, NOW, READ, WRITE, app_on, fill, put
from tests.hub.web.streaming import serve

RAW = table(RawRow)
ORDER = "/v1/orders/kauppa:1001"
LIST, RETRY = "/v1/quarantine", "/v1/quarantine/1/retry"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with stored(tmp_path) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def own() -> Iterator[Server]:
    with server() as running:
        yield running


@asynccontextmanager
async def over(server: Server) -> AsyncIterator[OverRedis]:
    live = OverRedis(Shared(server.url, "gate"))
    running = asyncio.create_task(live.run())
    await until(lambda: live.state is State.HERE)
    yield live
    await live.stop()
    await running


@dataclass
class Asked:
    status: int
    headers: Mapping[str, str]  # whatever the case of their names
    document: Any


@dataclass
class Gated:
    port: int
    rung: list[str] = field(default_factory=list)

    async def ask(
        self, path: str, key: str = READ, method: str = "GET", body: bytes = b""
    ) -> Asked:
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, f"http://127.0.0.1:{self.port}{path}", headers=headers, data=body
            ) as answer,
        ):
            document = await answer.json(content_type=None) if await answer.read() else None
            return Asked(answer.status, answer.headers, document)


@asynccontextmanager
async def gated(store: Store, live: Live, **settings: Any) -> AsyncIterator[Gated]:
    own = Settings(api_keys=KEYS, secrets={"canonical": SecretStr("x" * 16)}, **settings)
    rung: list[str] = []
    app: FastAPI = app_on(store)
    keys = Keys(KEYS)
    desk = quarantine.Desk(store, lambda: NOW, lambda: rung.append("arrived"))
    app.include_router(
        quarantine.router(desk, gate.AdminGate(keys, live.limits, own.admin_per_minute))
    )
    gate.install(app, keys, live.limits, own.api_rate)
    async with serve(app) as port:
        yield Gated(port, rung)


def slugs(*asked: Asked) -> list[str]:
    return [
        one.document["type"].removeprefix("/problems/") if one.status >= 400 else ""
        for one in asked
    ]


def test_who_asks_too_often_is_told_when_to_come_back(store: Store) -> None:
    async def go() -> None:
        async with gated(store, InProcess(), api_rate=0.2) as hub:
            seen = [await hub.ask(ORDER) for _ in range(3)]
            assert ["", "", "too-often"] == slugs(*seen)
            assert seen[2].headers["Retry-After"] == "5"
            assert ['"key";q=2;w=10'] * 3 == [one.headers["RateLimit-Policy"] for one in seen]
            assert ['"key";r=1;t=5', '"key";r=0;t=10'] == [
                one.headers["RateLimit"] for one in seen[:2]
            ]

    asyncio.run(go())


def test_every_key_has_its_own_limit_and_who_has_none_is_told_that(store: Store) -> None:
    async def go() -> None:
        async with gated(store, InProcess(), api_rate=0.1) as hub:
            seen = [await hub.ask(ORDER, key) for key in (READ, READ, ADMIN, "x", "x", WRITE)]
            wanted = ["", "too-often", "", "key-missing", "key-missing", "scope-missing"]
            assert wanted == slugs(*seen)
            assert (await hub.ask("/openapi.json")).status == 200

    asyncio.run(go())


def test_without_a_limit_nothing_is_said_of_one(store: Store) -> None:
    async def go() -> None:
        async with gated(store, InProcess()) as hub:
            seen = [await hub.ask(ORDER) for _ in range(30)]
            assert {200} == {one.status for one in seen}
            assert "RateLimit" not in seen[0].headers

    asyncio.run(go())


def test_while_the_redis_is_away_readers_are_counted_here_and_admins_wait(
    store: Store, own: Server
) -> None:
    async def go() -> None:
        async with over(own) as live, gated(store, live, api_rate=0.1) as hub:
            assert ["", ""] == slugs(await hub.ask(ORDER), await hub.ask(LIST, ADMIN))
            own.stop()
            await until(lambda: live.state is State.AWAY)
            seen = [await hub.ask(ORDER), await hub.ask(ORDER), await hub.ask(LIST, ADMIN)]
            assert ["", "too-often", "limits-unavailable"] == slugs(*seen)
            assert seen[2].headers["Retry-After"] == "5"

    asyncio.run(go())


def test_what_needs_scope_admin_is_for_admins_and_not_too_often(store: Store) -> None:
    async def go() -> None:
        async with gated(store, InProcess(), admin_per_minute=6) as hub:
            keys = ("x", READ, WRITE, ADMIN, ADMIN)
            seen = [await hub.ask(LIST, key) for key in keys]
            wanted = ["key-missing", "scope-missing", "scope-missing", "", "too-often"]
            assert wanted == slugs(*seen)
            assert seen[3].document["total"] == 1
            assert ("acme", "unmapped", "x=1", 1, 1) == tuple(
                seen[3].document["causes"][0][name]
                for name in ("connector", "kind", "code", "size", "example")
            )

    asyncio.run(go())


def test_what_was_not_understood_is_read_again_once_if_its_bytes_are_there(store: Store) -> None:
    async def go() -> None:
        async with gated(store, InProcess()) as hub:
            gone = await hub.ask(RETRY, ADMIN, "POST")
            put(store, RawRow(id=1, connector="acme", source="acme", received_at=NOW, headers="{}",
                              body=b"odd"))  # fmt: skip
            again = [await hub.ask(RETRY, ADMIN, "POST") for _ in range(2)]
            assert ["bytes-gone", "", "unknown-row"] == slugs(gone, *again)
            assert ({"retried": 1}, ["arrived"]) == (again[0].document, hub.rung)
            rows = store.read_now(lambda c: c.execute(select(RAW)).all())
            assert [(2, b"odd")] == [(row.id, row.body) for row in rows]

    asyncio.run(go())
