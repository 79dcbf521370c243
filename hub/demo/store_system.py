"""A store system ("kassajärjestelmä") for the example day: it is told by webhook and remembers.

It does what every receiver of Standard Webhooks should: check the signature, know a message that
comes again by its ``webhook-id``, and never let an old version replace a newer one.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from connectors.contract import BadSignature, Raw
from connectors.signatures import verify_standard_webhook
from hub.clock import Clock, utc_now


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store system knows of an order."""

    version: int
    status: str


@dataclass(slots=True)
class StoreSystem:
    """A receiver on loopback."""

    secret: str
    clock: Clock = utc_now
    url: str = ""  #: where it listens
    orders: dict[str, Kept] = field(default_factory=dict)
    messages: Counter[str] = field(default_factory=Counter)  #: by ``webhook-id``
    refused: int = 0

    async def take(self, request: web.Request) -> web.Response:
        """Take one webhook in; 401 when it is not authentic."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            verify_standard_webhook(Raw(body, headers, self.clock(), "hub"), self.secret)
        except BadSignature as problem:
            self.refused += 1
            return web.Response(status=401, text=str(problem))
        self.messages[headers["webhook-id"]] += 1
        self.keep(orjson.loads(body)["data"])
        return web.Response(status=204)

    def keep(self, data: dict[str, Any]) -> None:
        """Remember what is said of an order, unless something newer is known already."""
        known = self.orders.get(data["order_id"])
        if known is None or data["version"] >= known.version:
            self.orders[data["order_id"]] = Kept(data["version"], data["status"])

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["StoreSystem"]:
        """Listen on a free port of 127.0.0.1; ``url`` is set then."""
        app = web.Application()
        app.router.add_post("/tilanne", self.take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            self.url = f"http://127.0.0.1:{port}/tilanne"
            yield self
        finally:
            await runner.cleanup()
