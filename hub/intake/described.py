"""How the door for deliveries describes itself in the OpenAPI document."""

import re
from typing import Any

from hub.refusals import KINDS, MEDIA_TYPE

SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
AT_THE_DOOR = (
    "unknown-connector",
    "bad-source",
    "encoded-body",
    "body-too-large",
    "body-too-slow",
    "not-authentic",
    "door-full",
    "too-often",
    "storage-unavailable",
)

DOCUMENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "; ".join(
            KINDS[slug].title for slug in AT_THE_DOOR if KINDS[slug].status == status
        ),
        "content": DOCUMENT,
    }
    for status in sorted({KINDS[slug].status for slug in AT_THE_DOOR})
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
