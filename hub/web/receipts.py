"""The door for providers' reports: POST /in/receipts/{provider}. Believed only what is proven.

A 2xx means that the report is on disk; a report that is known already is answered alike. What is
authentic but about nothing we sent is kept, too: it may speak of an address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.clock import Clock
from hub.config import Settings
from hub.intake.body import Claim, Room, read_body, refuse_encoded
from hub.notify.hearing import hear
from hub.notify.receipts import Desk, NotProven, NotUnderstood, Receipt, Report, open_desks
from hub.notify.tools import Tools
from hub.refusals import Refused
from hub.store.session import Store
from hub.telemetry import REFUSED
from hub.web.problems import declared
from hub.web.routes import Direct

log = structlog.get_logger()
REFUSALS = (
    "unknown-provider",
    "not-proven",
    "not-understood",
    "body-too-large",
    "body-too-slow",
    "encoded-body",
    "door-full",
    "storage-unavailable",
    "internal-error",
)
PROVIDER = {"name": "provider", "in": "path", "required": True, "schema": {"type": "string"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """What the door needs to know."""

    desks: Mapping[str, Desk | None]
    store: Store
    settings: Settings
    clock: Clock
    room: Room

    async def take(self, request: Request) -> Response:
        """Take a report in."""
        try:
            return await self._take(request)
        except Refused as refused:
            REFUSED.labels(refused.slug).inc()
            raise

    async def greet(self, request: Request) -> Response:
        """Answer a provider that makes sure whose door this is."""
        report = Report(headers={}, query=request.query_params, body=b"", received_at=self.clock())
        desk = self._desk(request)
        answer = desk.greet(report) if desk is not None else None
        if answer is None:
            raise Refused("not-proven", "The word of this door was not said.")
        return PlainTextResponse(answer)

    def _desk(self, request: Request) -> Desk | None:
        name = request.path_params["provider"]
        if name not in self.desks:
            raise Refused("unknown-provider", "There is no desk for reports of this name.")
        return self.desks[name]

    async def _take(self, request: Request) -> Response:
        desk = self._desk(request)
        headers = dict(request.headers.items())
        refuse_encoded(headers)
        limit, seconds = self.settings.max_body, self.settings.body_deadline
        with Claim(self.room) as claim:
            body = await read_body(request, claim, limit=limit, seconds=seconds)
            report = Report(
                headers=headers, query=request.query_params, body=body, received_at=self.clock()
            )
            if desk is None:
                raise Refused("not-proven", "No secret is set for the reports of this provider.")
            await hear(self.store, desk, _read(desk, report), report.received_at)
        return Response(status_code=204)


def _read(desk: Desk, report: Report) -> list[Receipt]:
    try:
        desk.prove(report)
        return list(desk.read(report))
    except NotProven:
        raise Refused("not-proven", "No secret of ours confirms this report.") from None
    except NotUnderstood as error:
        raise Refused("not-understood", f"{error}.") from None
    except Exception as error:
        log.exception("receipts.unreadable", provider=desk.NAME)
        raise Refused("not-understood", "It could not be read.") from error


def open_door(store: Store, settings: Settings, clock: Clock, room: Room) -> Receipts:
    """Open the door, with a desk for each provider whose secret is set."""
    desks = open_desks(Tools.idle(settings, clock))
    return Receipts(desks=desks, store=store, settings=settings, clock=clock, room=room)


def router(receipts: Receipts) -> APIRouter:
    """Return the routes of the door."""
    routes = APIRouter(prefix="/in/receipts", tags=["receipts"], route_class=Direct)
    shared: dict[str, Any] = {"responses": declared(*REFUSALS), "response_class": Response}
    routes.add_api_route(
        "/{provider}",
        receipts.take,
        methods=["POST"],
        status_code=204,
        operation_id="deliverReceipt",
        summary="Deliver a provider's report",
        openapi_extra={
            "parameters": [PROVIDER],
            "requestBody": {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        },
        **shared,
    )
    routes.add_api_route(
        "/{provider}",
        receipts.greet,
        methods=["GET"],
        operation_id="greetReceipts",
        summary="Make sure that this is the door",
        openapi_extra={"parameters": [PROVIDER]},
        **shared,
    )
    return routes
