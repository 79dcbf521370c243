"""How a line says no before there is an order to speak of: the same documents as everywhere."""

from uuid import uuid4

import httptools
import structlog
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from hub import telemetry
from hub.refusals import HANG_UP, LATER, MEDIA_TYPE, Refused

log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]


def too_slow(seconds: float) -> Refused:
    """Return the refusal of a head that drips."""
    detail = f"The head of the request was not complete after {seconds:g} seconds."
    return Refused("head-too-slow", detail)


def too_large(most: int, headers: int) -> Refused:
    """Return the refusal of a head that is too large."""
    detail = f"Address and headers may have {most} bytes at most, and {headers} headers."
    return Refused("head-too-large", detail)


def too_wasteful(most: int) -> Refused:
    """Return the refusal of a body that comes with ever more around it."""
    return Refused("body-too-large", f"After {most} bytes the request was not complete.")


def too_many() -> Refused:
    """Return the refusal of whoever finds no line free."""
    detail = "All connections of the hub are taken; nothing of this request was read."
    return Refused("too-many-connections", detail, headers=LATER)


def not_http(error: httptools.HttpParserError) -> Refused:
    """Return the refusal of what the parser, or our own limits, did not accept."""
    if isinstance(error.__context__, Refused):  # raised where the parser called us
        return error.__context__
    if isinstance(error, httptools.HttpParserCallbackError):
        return Refused("not-http", "The address in the first line cannot be used.")
    return Refused("not-http", f"The request cannot be parsed: {error}.")


def written(refused: Refused) -> bytes:
    """Write a refusal as a whole answer."""
    headers, body = _said(refused)
    lines = [name + b": " + value + b"\r\n" for name, value in headers]
    return b"".join([STATUS_LINE[refused.kind.status], *lines, b"\r\n", body])


async def full(_scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer in the application's place when no line is free."""
    refused = too_many()
    headers, body = _said(refused)
    status = refused.kind.status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _said(refused: Refused) -> tuple[Headers, bytes]:
    """Return headers and body of a refusal, and take note of it."""
    instance = f"urn:uuid:{uuid4()}"
    telemetry.REFUSED.labels(refused.slug).inc()
    log.warning("listening.refused", reason=refused.slug, instance=instance)
    body = refused.document(instance=instance)
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **refused.headers,
        **HANG_UP,
    }
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()], body
