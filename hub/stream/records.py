"""How a raw is written down in a topic, and how a record of a topic is read as a raw."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.contract import Raw
from hub.config import Settings
from hub.intake.inbox import worth_keeping
from hub.pipeline.streamed import Record
from hub.pipeline.translate import DELIVERY
from hub.store.log import OURS, Kept
from hub.store.offsets import Place
from hub.topics import Topic

RAW = "hub.raw"  #: what came through the door
CHANGES = "hub.changes"  #: what is told to whoever listens

CONNECTOR, SOURCE, RECEIVED, HEADERS = (
    f"{OURS}{name}" for name in ("connector", "source", "received-at", "headers")
)
LOG_APPEND = 1  #: the record's time is the broker's; otherwise the producer's, who may say anything

Headers = Sequence[tuple[str, bytes]]


def written(raw: Raw) -> Headers:
    """Return the headers under which a raw's body is kept in ``hub.raw``."""
    kept = orjson.dumps(worth_keeping(raw.headers, raw.connector))
    return (
        (CONNECTOR, raw.connector.encode()),
        (SOURCE, raw.source.encode()),
        (RECEIVED, raw.received_at.isoformat().encode()),
        (HEADERS, kept),
    )


class Feeds:
    """Which topics bring raws, and what a record of each is."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        """Read ``TILANNE_TOPICS``; ``clock`` says when a record reached us."""
        self._topics: Mapping[str, Topic] = settings.topics
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """The topics."""
        return (RAW, *sorted(self._topics))

    def read(self, message: Any) -> Record:
        """Read a record, whatever is in it: what is wrong with it shows when it is translated."""
        place = Place(message.topic, message.partition)
        at = round(message.timestamp * 1000)
        headers = _texts(message.headers or ())
        topic = self._topics.get(message.topic)
        raw = self._of_the_door(message.value, headers)
        if topic is not None:
            raw = self._of_a_feed(topic, message, headers)
        record = Record(place, message.offset, at, raw)
        if topic is None:
            return record
        own = headers.get(topic.id_header.lower())
        told = {**orjson.loads(raw.headers), DELIVERY: own or record.origin}
        return record._replace(raw=raw._replace(headers=orjson.dumps(told).decode()))

    def _of_the_door(self, body: bytes, headers: Mapping[str, str]) -> Kept:
        return Kept(
            id=0,
            connector=headers.get(CONNECTOR, "?")[:255],
            source=headers.get(SOURCE, "?")[:255],
            received_at=_time(headers.get(RECEIVED, "")) or self._clock(),
            headers=_object(headers.get(HEADERS, "")),
            body=body,
        )

    def _of_a_feed(self, topic: Topic, message: Any, headers: Mapping[str, str]) -> Kept:
        received = self._clock()
        if message.timestamp_type == LOG_APPEND:
            received = min(received, datetime.fromtimestamp(message.timestamp, UTC))
        names = {name.replace("ce_", "ce-", 1): text for name, text in headers.items()}
        return Kept(
            id=0,
            connector=topic.connector,
            source=topic.source or topic.connector,
            received_at=received,
            headers=orjson.dumps(worth_keeping(names, topic.connector)).decode(),
            body=message.value,
        )


def _texts(headers: Headers) -> dict[str, str]:
    """Return headers as texts; what is no text, or has a NUL, was not written by who we know."""
    return {
        name.lower(): (value or b"").decode("utf-8", "replace").replace("\0", "")
        for name, value in headers
    }


def _time(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else None


def _object(text: str) -> str:
    try:
        found = orjson.loads(text)
    except ValueError:
        return "{}"
    if not isinstance(found, dict):
        return "{}"
    strings = {name: value for name, value in found.items() if isinstance(value, str)}
    return orjson.dumps(strings).decode()
