"""Describes the topics to whoever writes them or listens: AsyncAPI 3, from what the code does."""

from typing import Any

from hub import __version__
from hub.notify.channels.topic import MEDIA_TYPE
from hub.notify.payload import OPTIONAL, PARCEL
from hub.stream.records import CHANGES, CONNECTOR, HEADERS, RAW, RECEIVED, SOURCE
from hub.topics import Topic
from state_machine.milestones import Told

TEXT, TIME = {"type": "string"}, {"type": "string", "format": "date-time"}
MAYBE_TEXT = {"type": ["string", "null"]}
ANY = {"type": ["object", "null"]}
KAFKA_KEY = {"type": "string", "description": "id of the order: its events keep their order"}
FEED = "retailers-topic"

DATA: dict[str, Any] = {
    "order_id": TEXT,
    "shop": TEXT,
    "external_id": MAYBE_TEXT,
    "number": MAYBE_TEXT,
    "version": {"type": "integer", "description": "grows with every change of the order"},
    "status": TEXT,
    "milestone": {"enum": sorted(Told)},
    "subject": TEXT,
    "revision": TEXT,
    "occurred_at": TIME,
    "units": {"type": "array"},
    "parcel": {"type": "object", "properties": {name: {} for name in PARCEL}},
}


def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tilanne",
            "version": __version__,
            "description": "The topics of an order-status hub. None is made by the hub.",
        },
        "channels": {
            RAW: _channel(RAW, "Deliveries as they came through the door.", "raw"),
            FEED: _channel(None, "A topic of the retailer's own, see TILANNE_TOPICS.", "record"),
            CHANGES: _channel(CHANGES, "What changes of orders.", "change"),
        },
        "operations": {
            "keep-a-delivery": _operation("send", RAW, "The door writes."),
            "read-deliveries": _operation("receive", RAW, "The workers read."),
            "read-a-feed": _operation("receive", FEED, "The workers read."),
            "tell-of-a-change": _operation("send", CHANGES, "The dispatchers write."),
        },
        "components": {"messages": {"raw": _raw(), "record": _record(), "change": _change()}},
    }


def _channel(address: str | None, description: str, message: str) -> dict[str, Any]:
    there = {"$ref": f"#/components/messages/{message}"}
    return {"address": address, "description": description, "messages": {message: there}}


def _operation(action: str, channel: str, summary: str) -> dict[str, Any]:
    place = {"$ref": f"#/channels/{channel}"}
    return {"action": action, "channel": place, "summary": summary}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def _raw() -> dict[str, Any]:
    headers = {CONNECTOR: TEXT, SOURCE: TEXT, RECEIVED: TIME}
    kept = {"type": "string", "description": "JSON: the headers that say what the body is"}
    return {
        "title": "A delivery",
        "description": "The body as the sender wrote it. Who may write here is believed.",
        "contentType": "application/octet-stream",
        "headers": _object({**headers, HEADERS: kept}, sorted(headers)),
        "payload": {},
    }


def _record() -> dict[str, Any]:
    name = Topic.model_fields["id_header"].default
    own = {"type": "string", "description": "the delivery's own name; else its place is its name"}
    return {
        "title": "A record of the retailer's own",
        "description": "What the connector of the topic reads; without a body it says nothing.",
        "headers": _object({name: own}, []),
        "payload": {},
    }


def _change() -> dict[str, Any]:
    told = DATA | dict.fromkeys(OPTIONAL, ANY)
    optional = {"parcel", *OPTIONAL}
    event = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "description": "the same when an event is sent again"},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"enum": [f"tilanne.order.{one}" for one in sorted(Told)]},
        "subject": {"type": "string", "description": "id of the order"},
        "time": TIME,
        "datacontenttype": {"const": "application/json"},
        "data": _object(told, [name for name in told if name not in optional]),
    }
    return {
        "title": "A change of an order",
        "description": "A CloudEvent. Without personal data.",
        "contentType": MEDIA_TYPE,
        "headers": _object({"content-type": {"const": MEDIA_TYPE}}, ["content-type"]),
        "bindings": {"kafka": {"key": KAFKA_KEY}},
        "payload": _object(event, list(event)),
    }
