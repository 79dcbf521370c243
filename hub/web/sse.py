"""An order as it moves: its snapshot now and whenever it changes, as server-sent events.

A stream is told by the live bus that its order has moved, and the database is asked once a second
for all streams together, so what the bus loses is seen a second later. What is sent is always read
from the database at that moment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, suppress
from typing import Any

import structlog
from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import AppStatus
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub import telemetry
from hub.catalogues import Catalogues
from hub.live import Live, Watch
from hub.queries import Queries, StoredOrder
from hub.refusals import LATER, Refused
from hub.store.session import StoreUnavailable
from hub.web import snapshots
from hub.web.auth import Keys
from hub.web.parameters import LANGUAGE, NAMED, SINCE
from hub.web.problems import declared
from hub.web.routes import REFUSALS, SECURED, Direct

LOOK = 1.0  #: seconds between two looks at the versions of what is watched
HEARTBEAT = 15  #: seconds; a proxy ends what is silent for a minute
COME_BACK = 2000  #: milliseconds after which a reader that lost the stream asks again

STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events of type `order`; `data` is an OrderOut, in one line.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

# The library would look for the server's signal by itself; the hub ends its streams (`Live.end`).
AppStatus.enable_automatic_graceful_drain = False

log = structlog.get_logger()


class Streams:
    """The streams of one process."""

    def __init__(
        self,
        queries: Queries,
        live: Live,
        keys: Keys,
        labels: Catalogues,
        *,
        most: int,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        """Tell what ``queries`` answers when ``live`` calls, to at most ``most`` at once."""
        self._queries, self._live = queries, live
        self._keys, self._labels, self._most = keys, labels, most
        self._heartbeat = heartbeat
        self._stopping = asyncio.Event()

    async def events(self, request: Request) -> Response:
        """Send the order's snapshot now and whenever it changes, as server-sent events.

        An event's `id` is the version, its `data` the snapshot. Who comes back with
        `Last-Event-ID` gets the snapshot at once only if it is another one by now. Of several
        changes in a moment the last one is sent.
        """
        scopes = self._keys.require(request, "read")
        language = self._labels.negotiate(request.headers.get("accept-language"))
        stored = await self._queries.order(request.path_params["order_id"])
        if stored is None:
            raise Refused("unknown-order", "No order of this hub has this id.")
        if len(self._live.watched()) >= self._most:
            raise Refused("too-many-listeners", f"{self._most} listen already.", headers=LATER)
        codes = "admin" in scopes
        seen = _number(request.headers.get("last-event-id"))
        return _Told(
            self._live.watch(stored.order_id),
            lambda watch: self.tell(watch, stored, language, codes=codes),
            seen=seen,
            language=language,
            heartbeat=self._heartbeat,
        )

    async def run(self) -> None:
        """Look once a second, until ``stop``, at what is watched."""
        while not self._stopping.is_set():
            try:
                await self.look()
            except StoreUnavailable as error:
                log.debug("streams.wait", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK)

    async def stop(self) -> None:
        """End every stream; whoever listened asks again, and finds another process."""
        self._stopping.set()
        self._live.end()

    async def look(self) -> None:
        """Wake the streams whose order has another version than they showed."""
        watches = self._live.watched()
        telemetry.LISTENERS.set(len(watches))
        if not watches:
            return
        versions = await self._queries.versions({watch.order for watch in watches})
        for watch in watches:
            watch.heard(versions.get(watch.order, watch.seen))

    async def tell(
        self, watch: Watch, stored: StoredOrder | None, language: str, *, codes: bool
    ) -> AsyncIterator[ServerSentEvent]:
        """Yield what ``stored`` says, and then whatever becomes of it."""
        going = True
        while going:
            if stored is not None and stored.version != watch.seen:
                watch.seen = stored.version
                document = snapshots.order(stored, self._labels, language, codes=codes)
                yield ServerSentEvent(
                    data=snapshots.write(document).decode(),
                    id=str(stored.version),
                    event="order",
                    retry=COME_BACK,
                )
            going = await watch.news()
            stored = await self._now(watch.order) if going else None

    async def _now(self, order: str) -> StoredOrder | None:
        try:
            return await self._queries.order(order)
        except StoreUnavailable:
            return None  # it is looked at again in a second


class _Told(Response):
    """One stream; its order is watched from the moment it begins to its end."""

    def __init__(
        self,
        watching: AbstractContextManager[Watch],
        tell: Callable[[Watch], AsyncIterator[ServerSentEvent]],
        *,
        seen: int,
        language: str,
        heartbeat: float,
    ) -> None:
        super().__init__()
        self._watching, self._tell = watching, tell
        self._seen, self._language, self._heartbeat = seen, language, heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"Content-Language": self._language, "X-Content-Type-Options": "nosniff"}
        with self._watching as watch:
            watch.seen = self._seen
            stream = EventSourceResponse(self._tell(watch), headers=headers, ping=self._heartbeat)
            await stream(scope, receive, send)


def router(streams: Streams) -> APIRouter:
    """Return the route; it stands before the one of the order, whose id may hold any sign."""
    routes = APIRouter(prefix="/v1", tags=["orders"])
    routes.add_api_route(
        "/orders/{order_id:path}/events",
        streams.events,
        route_class_override=Direct,
        response_class=EventSourceResponse,
        operation_id="watchOrder",
        summary="An order as it moves",
        responses=STREAM | declared(*REFUSALS, "unknown-order", "too-many-listeners"),
        openapi_extra={**SECURED, "parameters": [NAMED, LANGUAGE, SINCE]},
    )
    return routes


def _number(text: str | None) -> int:
    """Return the version a reader says it saw; 0, which is none, when that is no version."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0
