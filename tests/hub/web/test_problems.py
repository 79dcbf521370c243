"""Errors: each a document that says what is wrong, what to do, and nothing of the inside."""

import sqlite3
from pathlib import Path

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from hub.refusals import KINDS
from hub.web import problems
from tests.hub.serving import Served, assert_problem, serving, stored
from tests.hub.web.conftest import READ, app_on, fill


def test_every_kind_of_problem_explains_itself_at_its_type(hub: Served) -> None:
    every = hub.ask("/problems").json()

    assert sorted(KINDS) == sorted(kind["type"].removeprefix("/problems/") for kind in every)
    for kind in every:
        assert kind == hub.ask(kind["type"]).json()
        assert kind["title"]
        assert kind["remedy"].endswith(".")


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v2/orders/1", "/problems/none", "/in/x"])
def test_an_address_without_anything_is_a_problem_document(hub: Served, path: str) -> None:
    assert_problem(hub.ask(path), 404, "not-found")


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/orders/1", "/metrics", "/problems", "/"])
def test_a_method_that_is_not_taken_names_those_that_are(hub: Served, path: str) -> None:
    reply = hub.ask(path, method="POST", body=b"x")

    assert_problem(reply, 405, "method-not-allowed")
    assert "GET" == reply.headers["allow"]


def test_a_problem_does_not_repeat_the_question_which_may_name_a_person(hub: Served) -> None:
    reply = hub.ask("/v1/orders?email=aino@example.fi&limit=0")

    assert b"aino" not in reply.body
    assert "/v1/orders" == assert_problem(reply, 400, "bad-parameter")["instance"]


def test_a_mistake_of_ours_is_told_by_its_id_alone(tmp_path: Path) -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret is 1234")

    with stored(tmp_path) as store, serving(app, store) as hub, capture_logs() as logs:
        first, second = (hub.ask("/broken") for _ in range(2))

    assert [reply.json()["instance"] for reply in (first, second)] == [
        entry["instance"] for entry in logs if entry["event"] == "web.mistake"
    ]
    document = assert_problem(first, 500, "internal-error")
    assert document["instance"].startswith("urn:uuid:")
    assert document["instance"] != second.json()["instance"]
    assert b"1234" not in first.body
    assert b"RuntimeError" not in first.body


def test_a_database_that_is_gone_is_said_and_comes_back(tmp_path: Path) -> None:
    paths = ["/v1/orders/kauppa:1001", "/v1/orders?tracking=JJFI123", "/"]
    with stored(tmp_path) as store, serving(app_on(store), store) as hub:
        hub.headers["Authorization"] = f"Bearer {READ}"
        fill(store)
        other = sqlite3.connect(str(store.url.database))
        other.execute("ALTER TABLE belief RENAME TO elsewhere")
        replies = [hub.ask(path) for path in paths]
        other.execute("ALTER TABLE elsewhere RENAME TO belief")
        other.close()

        for reply in replies:
            assert_problem(reply, 503, "storage-unavailable")
            assert reply.headers["retry-after"].isdecimal()
            assert b"SELECT" not in reply.body
        assert [200] * 3 == [hub.ask(path).status for path in paths]
