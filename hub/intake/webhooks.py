"""The webhook door: POST /in/{connector}. A 2xx means that the bytes are on disk.

The order of the checks is part of the contract: is there such a connector, is the source name
usable, is the body small and quick enough, is it a handshake, is it authentic; then it is made
durable, and only then answered, in the vendor's own words. What is authentic but not understood
is still answered 2xx: it waits in quarantine, and a vendor that repeats it helps nobody.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from connectors.contract import Answer, BadSignature, Raw, Registered
from hub import telemetry
from hub.clock import Clock
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.intake.body import read_body
from hub.intake.inbox import receive
from hub.refusals import KINDS, Refused, storage_refused
from hub.store.session import Store, StoreUnavailable

SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
AT_THE_DOOR = (
    "unknown-connector",
    "bad-source",
    "body-too-large",
    "body-too-slow",
    "not-authentic",
    "storage-unavailable",
)

log = structlog.get_logger()

DOCUMENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    kind.status: {"description": kind.title, "content": DOCUMENT}
    for kind in (KINDS[slug] for slug in AT_THE_DOOR)
}
PARAMETERS = [
    {"name": "connector", "in": "path", "required": True, "schema": {"type": "string"}},
    {
        "name": "source",
        "in": "query",
        "description": "Name of the feed, if there are several; the connector's name if left out.",
        "schema": {"type": "string", "pattern": f"^{SOURCE.pattern}$"},
    },
]
BODY = {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


class Direct(APIRoute):
    """A route whose function takes the request itself: nothing may touch the body before it."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Call the function with nothing in between."""
        return self.endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What one door needs to know."""

    connectors: Mapping[str, Registered]
    secrets: Mapping[str, Sequence[str]]  #: per connector those that are valid now
    store: Store
    settings: Settings
    clock: Clock
    arrived: Callable[[], None]
    courtesy: Courtesy

    async def take(self, request: Request) -> Response:
        """Take one delivery in: a 2xx means that it is durable, whatever it may say.

        The signature is checked over the raw bytes; which headers carry it is the vendor's choice.
        """
        name = request.path_params["connector"]
        try:
            return await self._take(name, request)
        except Refused as refused:
            telemetry.REFUSED.labels(refused.slug).inc()
            known = name if name in self.connectors else "?"
            log.warning("intake.refused", connector=known, reason=refused.slug)
            raise

    async def _take(self, name: str, request: Request) -> Response:
        registered = self.connectors.get(name)
        if registered is None:
            raise Refused("unknown-connector", "There is no connector of this name.")
        source = _source(request, name)
        settings = self.settings
        body = await read_body(request, limit=settings.max_body, seconds=settings.body_deadline)
        headers = _headers(request)
        raw = Raw(body, headers, received_at=self.clock(), source=source, connector=name)
        if (greeting := _hello(registered, raw)) is not None:
            return _response(greeting)
        if not body:
            raise Refused("empty-body", "A delivery without a body tells nothing.")
        self._verify(registered, raw)
        try:
            with self.courtesy.visit():
                await receive(self.store, raw, arrived=self.arrived)
        except StoreUnavailable as error:
            log.error("intake.not_durable", connector=name, error=str(error))
            raise storage_refused("The delivery was not made durable.") from error
        telemetry.ACCEPTED.labels(name).inc()
        log.debug("intake.accepted", connector=name, source=source, size=len(body))
        return _response(registered.answer)

    def _verify(self, registered: Registered, raw: Raw) -> None:
        """Raise unless one of the secrets proves the raw. Every failure sounds the same."""
        for secret in self.secrets[registered.name]:
            try:
                registered.module.verify(raw, secret)
            except BadSignature:
                continue
            except Exception as error:  # noqa: BLE001 - what cannot be checked is not authentic
                log.error("intake.verify_failed", connector=registered.name, error=repr(error))
                continue
            return
        if not self.secrets[registered.name]:
            log.error("intake.no_secret", connector=registered.name)
        setting = f"TILANNE_SECRETS__{registered.name.upper()}"
        raise Refused(
            "not-authentic",
            f"No secret in {setting} confirms the signature of this delivery.",
            headers={"WWW-Authenticate": "Signature"},
        )


def router(
    connectors: Mapping[str, Registered],
    store: Store,
    settings: Settings,
    clock: Clock,
    arrived: Callable[[], None],
    courtesy: Courtesy,
) -> APIRouter:
    """Return the door. Raises ``ValueError`` for a setting of secrets that cannot be read."""
    door = Door(
        connectors=connectors,
        secrets={name: settings.secrets_of(name) for name in connectors},
        store=store,
        settings=settings,
        clock=clock,
        arrived=arrived,
        courtesy=courtesy,
    )
    routes = APIRouter(tags=["door"], route_class=Direct)
    routes.add_api_route(
        "/in/{connector}",
        door.take,
        methods=["POST"],
        operation_id="deliver",
        summary="Deliver a webhook",
        response_class=Response,
        response_description="Durable; status and body are what the vendor expects.",
        responses=RESPONSES,
        openapi_extra={"parameters": PARAMETERS, "requestBody": BODY},
    )
    return routes


def _source(request: Request, default: str) -> str:
    given = request.query_params.getlist("source")
    if not given:
        return default
    if len(given) > 1 or not SOURCE.fullmatch(given[0]):
        raise Refused("bad-source", "?source= is not a name a source can have.")
    return given[0]


def _headers(request: Request) -> dict[str, str]:
    """Return the headers, names in lower case; repeated ones joined, so that none hides another."""
    joined: dict[str, str] = {}
    for name, value in request.headers.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _hello(registered: Registered, raw: Raw) -> Answer | None:
    hello = registered.option("hello")
    if hello is None:
        return None
    try:
        answer: Answer | None = hello(raw)
    except Exception as error:  # noqa: BLE001 - not a handshake then; the signature decides
        log.error("intake.hello_failed", connector=registered.name, error=repr(error))
        return None
    return answer


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=answer.media_type)
