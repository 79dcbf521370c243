"""kill -9 after a 2xx: nothing answered is lost, and no customer is told twice."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.faults.hub_process import HubProcess, free_port, wait_for

ORDERS = 24
NOW = datetime.now(UTC)  # noqa: TID251 - milestones must be news
STEPS = ("order.placed", "parcel.announced", "parcel.scanned")


class Postbox:
    """A mail server that notes every message before it says yes."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        self.received.append(message["Message-ID"])
        return "250 taken"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    yield box, server.port
    server.stop()


def fact(order: int, step: str) -> bytes:
    """One happening of one order as a CloudEvent."""
    at = NOW - timedelta(hours=5) + timedelta(minutes=30 * STEPS.index(step))
    number = f"JJFI64000000{order:04d}"
    data: dict[str, Any] = {
        "about": {"type": "order", "shop": "kauppa", "external_id": str(order)},
        "what": {},
    }
    if step == "order.placed":
        line = {"id": "1", "quantity": 1, "sku": "KUPPI", "name": "Kahvikuppi"}
        data["what"] = {"number": f"#{order}", "placed_at": at.isoformat(), "lines": [line]}
        data["contact"] = {"email": f"asiakas.{order}@asiakas.example", "language": "fi"}
    if step == "parcel.announced":
        data["what"] = {"parcel": {"id": f"p{order}", "number": number}}
    if step == "parcel.scanned":
        data["about"] = {"type": "parcel", "number": number}
        data["what"] = {"stage": "out_for_delivery"}
    event = {"specversion": "1.0", "id": f"{order}-{step}", "source": "test"}
    event |= {"type": f"fi.tilanne.{step}", "time": at.isoformat()}
    return json.dumps(event | {"data": data}).encode()


def test_a_hub_that_is_killed_loses_nothing_it_answered_and_tells_nobody_twice(
    tmp_path: Path, postbox: tuple[Postbox, int]
) -> None:
    box, port = postbox
    hub = HubProcess(tmp_path, TILANNE_SMTP_URL=f"smtp://127.0.0.1:{port}")
    deliveries = [(order, step) for step in STEPS for order in range(ORDERS)]
    answered: list[tuple[int, str]] = []
    for number, (order, step) in enumerate(deliveries):
        if number % 13 == 0:
            hub.start()
        # A sender without an answer sends again; that is what the inbox is for.
        if hub.deliver(fact(order, step)) == 202:
            answered.append((order, step))
        if number % 13 == 12:
            hub.kill()  # right after a 2xx, with work and mail under way
    if hub.process is None or hub.process.poll() is not None:
        hub.start()

    wait_for(lambda: settled(tmp_path), "every notice to be settled")
    assert hub.stop() == 0

    assert len(answered) == len(deliveries)
    assert facts_held(tmp_path) == {f"canonical:test:{o}-{s}" for o, s in answered}
    twice = [message for message, count in Counter(box.received).items() if count > 1]
    assert twice == []
    assert len(box.received) + held(tmp_path) >= 2 * ORDERS  # placed, and the way of the parcel


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{folder}/hub.db?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def settled(folder: Path) -> bool:
    waiting = rows(folder, "SELECT count(*) FROM notice WHERE state IN ('due', 'leased')")
    unread = rows(
        folder,
        "SELECT count(*) FROM raw WHERE id > (SELECT max(position) FROM cursor)",
    )
    unplanned = rows(folder, "SELECT count(*) FROM outbox WHERE planned_at IS NULL")
    return waiting == unread == unplanned == [(0,)]


def facts_held(folder: Path) -> set[str]:
    return {row[0] for row in rows(folder, "SELECT fact_id FROM timeline")}


def held(folder: Path) -> int:
    """Notices whose mail may or may not have been taken: they wait for a person, by policy."""
    return int(rows(folder, "SELECT count(*) FROM notice WHERE state = 'held'")[0][0])


def test_a_second_hub_on_the_same_database_refuses_to_start(tmp_path: Path) -> None:
    first = HubProcess(tmp_path)
    first.start()
    second = HubProcess(tmp_path)
    with pytest.raises(AssertionError, match="another hub already works on"):
        second.start()
    assert first.stop() == 0


def test_a_stopped_hub_leaves_with_code_zero(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path)
    hub.start()

    assert hub.stop() == 0
