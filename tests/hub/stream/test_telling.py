"""Whoever listens on the topic hears of every change, as it is described, and knows repetitions."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.config import Settings, Sink
from hub.notify.channels import Message, open_channels
from hub.notify.tools import Tools, Unpublished
from hub.stream import asyncapi
from hub.stream.records import CHANGES
from hub.stream.station import Stream
from tests.builders import MONDAY
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.working import in_the_hubs_loop, settings, until

TOLD = {
    "type": "order.delivered",
    "timestamp": "2026-11-02T08:00:00Z",
    "data": {
        "order_id": "kauppa:1001",
        "shop": "kauppa",
        "external_id": "1001",
        "number": "#1001",
        "version": 3,
        "status": "delivered",
        "milestone": "delivered",
        "subject": "parcel:JJ1",
        "revision": "",
        "occurred_at": "2026-11-02T08:00:00Z",
        "units": [],
    },
}
MESSAGE = Message(
    key="k" * 64, recipient="listeners", to=CHANGES, subject="", short="", text="", html="",
    payload=json.dumps(TOLD).encode(), language="en",
)  # fmt: skip


async def nowhere(*_: object) -> None:
    raise AssertionError("nothing is kept here")


async def handing(_name: str) -> None:
    """Nobody writes it down here."""


def channel(stream: Stream, chosen: Settings) -> Any:
    tools = Tools(chosen, lambda: MONDAY, nowhere, nowhere, stream.publish)
    return open_channels(tools)["topic"]


def test_a_change_is_told_as_the_document_says(cluster: Cluster) -> None:
    cluster.create(CHANGES)
    chosen = settings(cluster, topics={}, sinks=(Sink(name="listeners", topic=CHANGES),))

    async def tell() -> None:
        stream = Stream(chosen)
        running = asyncio.create_task(stream.publisher.run())
        await until(lambda: not stream.publisher.problem, "the broker answers")
        said = await channel(stream, chosen).send(MESSAGE, handing)
        assert said.said == f"{CHANGES}/0@0"
        await stream.publisher.stop()
        await running

    in_the_hubs_loop(tell())
    (record,) = cluster.read(CHANGES, 1)
    event, described = json.loads(record.value()), asyncapi.document()
    message = described["components"]["messages"]["change"]
    properties = message["payload"]["properties"]
    assert b"kauppa:1001" == record.key()
    assert [("content-type", message["contentType"].encode())] == record.headers()
    assert set(properties) == set(event)
    assert event["type"] in properties["type"]["enum"]
    assert set(properties["data"]["required"]) == set(event["data"])
    assert ("1.0", MESSAGE.key, "kauppa:1001") == tuple(
        event[name] for name in ("specversion", "id", "subject")
    )


def test_a_change_the_broker_does_not_confirm_is_told_again(cluster: Cluster) -> None:
    chosen = settings(cluster, topics={})

    async def tell() -> None:
        with pytest.raises(Unpublished):
            assert await Stream(chosen).publish(CHANGES, b"key", b"{}", {})  # type: ignore[misc]

    in_the_hubs_loop(tell())


def test_every_reference_of_the_document_leads_somewhere() -> None:
    described = asyncapi.document()
    references: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            references.extend([node["$ref"]] if "$ref" in node else [])
            for child in node.values():
                walk(child)

    walk(described)
    for reference in references:
        node = described
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    assert references


def test_a_hub_without_topics_imports_nothing_of_kafka(tmp_path: Path) -> None:
    program = (
        "import sys; from hub.app import build; from hub.config import Settings;"
        f"build(Settings(database_url='sqlite:///{tmp_path}/hub.db')).close();"
        "print([one for one in ('faust', 'mode', 'aiokafka') if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()
