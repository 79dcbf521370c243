"""Parameters of the routes about orders that read the request themselves, and how they are read."""

from datetime import datetime
from typing import Any

from connectors.timestamps import with_offset
from hub.refusals import Refused

NAMED: dict[str, Any] = {
    "name": "order_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}
LANGUAGE: dict[str, Any] = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Language of the labels: fi, sv or en.",
    "schema": {"type": "string", "examples": ["sv, en;q=0.5"]},
}
UNLESS: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETag of the answer you have.",
    "schema": {"type": "string", "examples": ['"7-fi"']},
}
AT: dict[str, Any] = {
    "name": "at",
    "in": "query",
    "description": "Show the order as it was believed at this time (RFC 3339).",
    "schema": {"type": "string", "format": "date-time", "examples": ["2026-11-03T12:00:00Z"]},
}
SINCE: dict[str, Any] = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The version you saw last; it is not sent again.",
    "schema": {"type": "string", "examples": ["7"]},
}


def moment(name: str, text: str) -> datetime:
    """Read a time out of a parameter; raise ``Refused`` (bad-parameter) when it is none."""
    try:
        return with_offset(text[:40]).at
    except ValueError as error:
        raise Refused("bad-parameter", f"{name}: {error}.") from error
