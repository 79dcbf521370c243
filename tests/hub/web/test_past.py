"""The API shows an order as it was believed at a time gone by."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from hub.store.timeline import TIMELINE
from state_machine.events import OrderKey
from tests.hub.serving import Served, assert_problem
from tests.hub.web.conftest import ADMIN, NOW, READ, WRITE, believe

BEFORE = (NOW - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
THEN = NOW.isoformat().replace("+00:00", "Z")


@pytest.fixture
def hub(own_hub: Served) -> Served:
    """An order whose return was told of a day after the rest."""
    believe(own_hub.store, OrderKey("kauppa", "1001"), "#1001")
    late = TIMELINE.update().where(TIMELINE.c.fact_id == "#1001:return")
    day = NOW + timedelta(days=1)
    own_hub.store.write_now(lambda c: c.execute(late.values(received_at=day)) and None)
    return own_hub


def test_an_order_is_what_was_believed_of_it_then(hub: Served) -> None:
    now = hub.ask("/v1/orders/kauppa:1001").json()
    then = hub.ask(f"/v1/orders/kauppa:1001?at={THEN}")

    assert then.status == 200
    assert "etag" not in then.headers
    assert then.json().keys() == now.keys()
    assert (now["status"], then.json()["status"]) == ("return_started", "ready_for_pickup")
    assert (len(now["returns"]), then.json()["returns"]) == (1, [])
    assert (then.json()["version"], then.json()["as_of"]) == (0, THEN)
    assert then.json()["label"] != now["label"]


def test_a_time_with_an_offset_is_read_as_it_is_meant(hub: Served) -> None:
    at = quote((NOW.isoformat()).replace("+00:00", "+02:00"))

    assert_problem(hub.ask(f"/v1/orders/kauppa:1001?at={at}"), 404, "unknown-order")


def test_an_order_that_was_not_known_yet_is_unknown(hub: Served) -> None:
    assert_problem(hub.ask(f"/v1/orders/kauppa:1001?at={BEFORE}"), 404, "unknown-order")
    assert_problem(hub.ask(f"/v1/orders/kauppa:9999?at={THEN}"), 404, "unknown-order")


@pytest.mark.parametrize(
    "at", ["", "noon", "2026-11-21", "2026-11-21T12:00:00", "2026-13-01T00:00:00Z", "9" * 5000]
)
def test_what_is_no_time_is_refused_with_the_name_of_the_parameter(hub: Served, at: str) -> None:
    problem = assert_problem(hub.ask(f"/v1/orders/kauppa:1001?at={at}"), 400, "bad-parameter")

    assert problem["detail"].startswith("at: ")
    assert len(problem["detail"]) < 200


@pytest.mark.parametrize(("key", "status"), [(WRITE, 403), ("", 401)])
def test_the_past_is_for_those_who_may_read(hub: Served, key: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {key}"}

    assert hub.ask(f"/v1/orders/kauppa:1001?at={THEN}", headers=headers).status == status


@pytest.mark.parametrize(("key", "codes"), [(READ, False), (ADMIN, True)])
def test_what_opens_a_locker_is_for_admins_in_the_past_too(
    hub: Served, key: str, codes: bool
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    then = hub.ask(f"/v1/orders/kauppa:1001?at={THEN}", headers=headers)

    assert (b"4711" in then.body) is codes
