"""The door for providers' reports, asked over a real socket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from hub.config import Settings
from hub.intake.body import Room
from hub.store.receipts import RECEIPT
from hub.web import problems, receipts
from tests.hub.notify.test_receipts import CHANNELS, SECRETS, standard, twilio
from tests.hub.notify.world import NOW
from tests.hub.serving import Reply, Served, serving, stored


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Served]:
    settings = Settings(channels=CHANNELS, secrets={**SECRETS, "dsn": ""}, max_body=2000)
    app = FastAPI()
    problems.install(app)
    with stored(tmp_path) as store:
        door = receipts.open_door(store, settings, lambda: NOW, Room(10_000))
        app.include_router(receipts.router(door))
        with serving(app, store) as served:
            yield served


def post(hub: Served, provider: str, signed: tuple[bytes, Any]) -> Reply:
    body, headers = signed
    return hub.ask(f"/in/receipts/{provider}", method="POST", body=body, headers=headers)


def kept(hub: Served) -> list[tuple[str, str]]:
    rows = hub.store.read_now(lambda c: c.execute(select(RECEIPT)).all())
    return [(row.provider, row.what) for row in rows]


def test_a_report_is_on_disk_when_it_is_answered_and_once(hub: Served) -> None:
    assert [204, 204] == [post(hub, "twilio", twilio()).status for _ in range(2)]
    assert [("twilio", "delivered")] == kept(hub)


def test_a_report_that_is_not_proven_is_refused_and_not_kept(hub: Served) -> None:
    body, _ = twilio()
    answer = post(hub, "twilio", (body, {"x-twilio-signature": "AAAA"}))

    assert (401, "/problems/not-proven") == (answer.status, answer.json()["type"])
    assert [] == kept(hub)


def test_a_desk_without_a_secret_believes_nothing(hub: Served) -> None:
    assert 401 == post(hub, "dsn", (b"x", {"authorization": "Bearer "})).status


def test_there_are_only_the_desks_there_are(hub: Served) -> None:
    assert "/problems/unknown-provider" == post(hub, "pigeon", twilio()).json()["type"]


def test_a_report_that_cannot_be_understood_is_told_where(hub: Served) -> None:
    answer = post(hub, "standard", standard("eaten"))

    assert (422, "/problems/not-understood") == (answer.status, answer.json()["type"])
    assert "data.what" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"null", b'{"a":' * 400])
@pytest.mark.parametrize("provider", ["twilio", "whatsapp", "mailgun", "postmark", "standard"])
def test_no_body_makes_the_hub_stumble(hub: Served, provider: str, body: bytes) -> None:
    assert post(hub, provider, (body, {})).status in {401, 413, 422}


def test_a_report_that_is_too_large_is_not_read(hub: Served) -> None:
    assert 413 == post(hub, "twilio", (b"x" * 3000, {})).status


def test_a_provider_may_make_sure_whose_door_it_is(hub: Served) -> None:
    asked = "/in/receipts/whatsapp?hub.mode=subscribe&hub.challenge=42&hub.verify_token="

    assert (200, b"42") == (hub.ask(f"{asked}word").status, hub.ask(f"{asked}word").body)
    assert 401 == hub.ask(f"{asked}guess").status
    assert 401 == hub.ask("/in/receipts/twilio").status
