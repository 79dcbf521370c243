"""How often somebody may ask about orders: every API key has a bucket of tokens.

Stands in front of /v1/ only where a limit is set. While the Redis is away each process counts for
itself; what needs scope admin is refused then, because nobody could stop a key that was stolen.
"""

from math import ceil
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.live.limits import Away, Grant, Limits, Rate
from hub.refusals import LATER, Refused
from hub.web.auth import Keys
from hub.web.problems import answer_refused

PREFIX = "/v1/"


class Gate:
    """ASGI middleware in front of the questions."""

    def __init__(self, app: ASGIApp, keys: Keys, limits: Limits, rate: Rate) -> None:
        """Let each of ``keys`` pass as often as ``rate`` says."""
        self._app, self._keys, self._limits, self._rate = app, keys, limits, rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or say when to come back; whoever has no key is told so behind."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        key = self._keys.bucket(request)
        if key is None:
            await self._app(scope, receive, send)
            return
        grant = await self._draw(f"api:{key}")
        if not grant.granted:
            refused = too_often(grant, self._rate)
            await answer_refused(request, refused)(scope, receive, send)
            return
        said = headers(grant, self._rate)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(said)
            await send(message)

        await self._app(scope, receive, telling)

    async def _draw(self, bucket: str) -> Grant:
        try:
            return await self._limits.take(bucket, self._rate)
        except Away:
            return self._limits.take_here(bucket, self._rate)


class AdminGate:
    """Who may do what needs scope admin, and how often."""

    def __init__(self, keys: Keys, limits: Limits, per_minute: float) -> None:
        """Let each key with scope admin pass so many times a minute."""
        self._keys, self._limits, self._rate = keys, limits, Rate(per_minute / 60)

    async def admit(self, request: Request) -> None:
        """Raise ``Refused`` for who may not, or not now; also when nobody can tell."""
        self._keys.require(request, "admin")
        try:
            grant = await self._limits.take(f"admin:{self._keys.bucket(request)}", self._rate)
        except Away as error:
            raise Refused(
                "limits-unavailable", "The Redis the hub counts in is away.", headers=LATER
            ) from error
        if not grant.granted:
            raise too_often(grant, self._rate)


def install(app: FastAPI, keys: Keys, limits: Limits, per_second: float) -> None:
    """Put the gate in front of an application; 0: everybody may ask as often as they like."""
    if per_second:
        app.add_middleware(Gate, keys=keys, limits=limits, rate=Rate(per_second))


def headers(grant: Grant, rate: Rate) -> dict[str, Any]:
    """Say how much is left (draft-ietf-httpapi-ratelimit-headers-10)."""
    full = ceil((rate.burst - grant.left) / rate.per_second)
    return {
        "RateLimit-Policy": f'"key";q={rate.burst};w={rate.window}',
        "RateLimit": f'"key";r={grant.left};t={full}',
    }


def too_often(grant: Grant, rate: Rate) -> Refused:
    """Refuse, and say when to come back."""
    said = {**headers(grant, rate), "Retry-After": str(ceil(grant.wait))}
    return Refused("too-often", f"{rate} for each key.", headers=said)
