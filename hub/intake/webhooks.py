"""The webhook door: POST /in/{connector}. A 2xx means that the bytes are on disk.

The order of the checks is part of the contract: is there such a connector, is the source name
usable, is the body small and quick enough, is it a handshake, is it authentic; then it is made
durable, and only then answered, in the vendor's own words. What is authentic but not understood
is still answered 2xx: it waits in quarantine, and a vendor that repeats it helps nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
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
from hub.intake.body import Claim, Room, read_body, refuse_encoded
from hub.intake.described import BODY, PARAMETERS, RESPONSES, SOURCE
from hub.intake.inbox import Receive
from hub.intake.pace import Pace, pace
from hub.live.limits import Buckets, Limits
from hub.refusals import Refused, storage_refused
from hub.store.session import StoreUnavailable

log = structlog.get_logger()


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
    receive: Receive
    settings: Settings
    clock: Clock
    courtesy: Courtesy
    room: Room
    pace: Pace

    async def take(self, request: Request) -> Response:
        """Take one delivery in: a 2xx means that it is durable, whatever it may say.

        The signature is checked over the raw bytes; which headers carry it is the vendor's choice.
        """
        name = request.path_params["connector"]
        try:
            with Claim(self.room) as claim:
                return await self._take(name, request, claim)
        except Refused as refused:
            telemetry.REFUSED.labels(refused.slug).inc()
            known = name if name in self.connectors else "?"
            log.warning("intake.refused", connector=known, reason=refused.slug)
            raise

    async def _take(self, name: str, request: Request, claim: Claim) -> Response:
        registered = self.connectors.get(name)
        if registered is None:
            raise Refused("unknown-connector", "There is no connector of this name.")
        source = _source(request, name)
        headers = _headers(request)
        refuse_encoded(headers)
        settings = self.settings
        body = await read_body(
            request, claim, limit=settings.max_body, seconds=settings.body_deadline
        )
        begun = monotonic()
        raw = Raw(body, headers, received_at=self.clock(), source=source, connector=name)
        if (greeting := _hello(registered, raw)) is not None:
            return _response(greeting)
        if not body:
            raise Refused("empty-body", "A delivery without a body tells nothing.")
        self._verify(registered, raw)
        await self.pace.keep(name, source)
        try:
            with self.courtesy.visit():
                await self.receive(raw)
        except StoreUnavailable as error:
            log.error("intake.not_durable", connector=name, error=str(error))
            raise storage_refused("The delivery was not made durable.") from error
        telemetry.ACCEPTED.labels(name).inc()
        telemetry.ACK.observe(monotonic() - begun)
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


def open_door(
    connectors: Mapping[str, Registered],
    receive: Receive,
    settings: Settings,
    clock: Clock,
    courtesy: Courtesy,
    limits: Limits | None = None,
) -> Door:
    """Open the door; ``receive`` makes a raw durable.

    Raises ``ValueError`` for a setting of secrets that cannot be read.
    """
    return Door(
        connectors=connectors,
        secrets={name: settings.secrets_of(name) for name in connectors},
        receive=receive,
        settings=settings,
        clock=clock,
        courtesy=courtesy,
        room=Room(settings.door_memory),
        pace=pace(limits or Buckets(), settings.door_rate),
    )


def router(door: Door) -> APIRouter:
    """Return the route of the door: /in/{connector}."""
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
