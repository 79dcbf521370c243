"""The report on a day's promises over HTTP: who may read it, and what it says."""

from tests.hub.serving import Served, assert_problem
from tests.hub.web.conftest import NOW, WRITE


def test_a_day_is_reported(hub: Served) -> None:
    found = hub.ask(f"/v1/sla?day={NOW:%Y-%m-%d}").json()

    (email,) = found["kept"]
    assert ("email", "status", 60.0, 1, 1.0) == (
        email["channel"], email["objective"], email["promised_seconds"], email["in_time"],
        email["share"],
    )  # fmt: skip
    assert 1 == email["accepted"]["count"]
    assert ([], None) == (found["breaches"], found["next"])


def test_today_is_reported_when_no_day_is_named(hub: Served) -> None:
    assert hub.ask(f"/v1/sla?day={NOW:%Y-%m-%d}").json() == hub.ask("/v1/sla").json()


def test_a_report_needs_a_key_that_may_read(hub: Served) -> None:
    assert_problem(hub.ask("/v1/sla", headers={"Authorization": ""}), 401, "key-missing")
    writer = {"Authorization": f"Bearer {WRITE}"}
    assert_problem(hub.ask("/v1/sla", headers=writer), 403, "scope-missing")


def test_what_is_no_day_is_refused_by_name(hub: Served) -> None:
    answer = hub.ask("/v1/sla?day=yesterday")

    assert_problem(answer, 400, "bad-parameter")
    assert "day" in answer.json()["detail"]
