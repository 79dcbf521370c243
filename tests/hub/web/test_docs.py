"""The description of the API: complete for programs, and readable for people."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from hub.clock import utc_now
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.intake import webhooks
from hub.intake.inbox import receive
from hub.store.session import Store
from hub.web.docs import described
from tests.hub.serving import Served, serving, stored
from tests.hub.web.conftest import app_on


def whole(store: Store) -> FastAPI:
    app = app_on(store)
    door = webhooks.open_door(
        {}, partial(receive, store, arrived=lambda: None), Settings(), utc_now, Courtesy()
    )
    app.include_router(webhooks.router(door))
    return app


@pytest.fixture(scope="module")
def all_of_it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with stored(tmp_path_factory.mktemp("docs")) as store, serving(whole(store), store) as served:
        yield served


def operations(hub: Served) -> dict[tuple[str, str], Any]:
    paths = hub.ask("/openapi.json").json()["paths"]
    return {(path, method): said for path, all_ in paths.items() for method, said in all_.items()}


def test_every_route_of_the_contract_is_described(all_of_it: Served) -> None:
    assert {
        ("/in/{connector}", "post"),
        ("/v1/orders/{order_id}", "get"),
        ("/v1/orders", "get"),
        ("/v1/orders/{order_id}/timeline", "get"),
        ("/v1/orders/{order_id}/events", "get"),
        ("/v1/orders/{order_id}/notices", "get"),
        ("/health/live", "get"),
        ("/health/ready", "get"),
        ("/metrics", "get"),
    } <= operations(all_of_it).keys()
    assert not [path for path, _ in operations(all_of_it) if path.startswith(("/dev", "/static"))]


def test_every_refusal_is_described_as_a_problem_document(all_of_it: Served) -> None:
    expected = {
        ("/in/{connector}", "post"): {"400", "401", "404", "408", "413", "415", "429", "503"},
        ("/v1/orders/{order_id}", "get"): {"304", "400", "401", "403", "404", "429", "500", "503"},
        ("/v1/orders/{order_id}/events", "get"): {"401", "403", "404", "429", "500", "503"},
        ("/v1/orders", "get"): {"400", "401", "403", "429", "500", "503"},
        ("/health/ready", "get"): {"503"},
    }
    said = operations(all_of_it)
    for route, statuses in expected.items():
        responses = said[route]["responses"]
        assert statuses | {"200"} == responses.keys()
        for status in statuses - {"304"}:
            content = responses[status]["content"]
            assert (
                "#/components/schemas/Problem"
                == (content["application/problem+json"]["schema"]["$ref"])
            )


def test_every_name_that_is_referred_to_is_there(all_of_it: Served) -> None:
    document = all_of_it.ask("/openapi.json").json()

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            for one in part.values():
                yield from references(one)
        if isinstance(part, list):
            for one in part:
                yield from references(one)

    wanted = {one.removeprefix("#/components/schemas/") for one in references(document)}
    assert set() == wanted - document["components"]["schemas"].keys()
    assert {"type": "http", "scheme": "bearer"}.items() <= (
        document["components"]["securitySchemes"]["bearer"].items()
    )


def test_only_the_questions_about_orders_need_a_key(all_of_it: Served) -> None:
    secured = {path for (path, _), said in operations(all_of_it).items() if "security" in said}

    assert {path for path, _ in operations(all_of_it) if path.startswith("/v1")} == secured


def test_people_read_the_same_as_programs(all_of_it: Served) -> None:
    page = all_of_it.ask("/docs").body.decode()

    for path, _ in operations(all_of_it):
        assert path in page
    for word in ("Accept-Language", "If-None-Match", "cursor", "maximum 100", "Problem", "curl"):
        assert word in page


def test_the_description_is_the_same_however_often_it_is_asked_for(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        app = whole(store)
        first = app.openapi()

        assert first == app.openapi()
        assert described(first) == described(app.openapi())
