"""GET /v1/sinks/{name}/feed: a store system that cannot be told comes and asks.

Its key opens this one feed and nothing else, and no other key opens it.
"""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from hub.config import Settings
from hub.refusals import Refused
from hub.store import feeds
from hub.store.session import Store
from hub.web.auth import CHALLENGE
from hub.web.problems import declared
from hub.web.routes import SECURED
from hub.web.schemas_of_feeds import FeedOut

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

After = Annotated[str, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]


class Feeds:
    """The feeds of one hub."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Read from ``store``; the keys are those of the settings' sinks."""
        self._store = store
        self._keys: Mapping[str, bytes] = {
            sink.name: _digest(sink.key.get_secret_value())
            for sink in settings.sinks
            if sink.key is not None
        }

    async def page(
        self,
        request: Request,
        name: str,
        after: After = "0",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        """Return what was told after a position, oldest first, as the webhook would say it.

        Ask again with `after` = `next`; while `more` is true, at once. Note `next` only when what
        you were given is done: then nothing is missed. A message may be known by its `id`.
        """
        self._let_in(request, name)
        try:
            rows = await self._store.read(lambda c: feeds.page(c, name, int(after), limit + 1))
        except feeds.TooOld:
            raise Refused(
                "cursor-too-old", "What came next was laid out too long ago and is not kept."
            ) from None
        shown = rows[:limit]
        document = {
            "messages": [
                {"id": row.message_id, "laid_out_at": row.stored_at, "body": _raw(row.body)}
                for row in shown
            ],
            "next": str(shown[-1].position) if shown else after,
            "more": len(rows) > limit,
        }
        written = orjson.dumps(document, option=orjson.OPT_UTC_Z)
        return Response(written, headers=HEADERS, media_type="application/json")

    def _let_in(self, request: Request, name: str) -> None:
        """Raise ``Refused`` unless the key is this feed's; whether there is one is not said."""
        kind, _, sent = request.headers.get("authorization", "").partition(" ")
        known = self._keys.get(name, b"")
        if not compare_digest(known, _digest(sent.strip())) or kind.lower() != "bearer":
            raise Refused("key-missing", "This key opens no feed of this name.", headers=CHALLENGE)


def router(store: Store, settings: Settings) -> APIRouter:
    """Return the route of the feeds."""
    routes = APIRouter(prefix="/v1", tags=["sinks"])
    refusals = ("key-missing", "bad-parameter", "cursor-too-old")
    told: dict[str, Any] = {"responses": declared(*refusals, "storage-unavailable")}
    routes.add_api_route(
        "/sinks/{name}/feed",
        Feeds(store, settings).page,
        response_model=FeedOut,
        operation_id="getFeed",
        summary="What a store system is told, to be fetched",
        openapi_extra=SECURED,
        **told,
    )
    return routes


def _raw(body: bytes) -> orjson.Fragment:
    return orjson.Fragment(body)


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
