"""Readiness names what is missing and what to do about it; what only slows the hub is said."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hub.queries import Queries
from hub.queries.checks import LATE_S
from hub.queries.checks import checks as state_of_database
from hub.readiness import Amiss, Check, examine
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.store.tables import RawRow
from tests.hub.serving import assert_problem, serving, stored
from tests.hub.web.conftest import NOW, app_on, put


def look(found: str | Exception) -> Callable[[], Awaitable[str]]:
    async def looked() -> str:
        if isinstance(found, Exception):
            raise found
        return found

    return looked


def test_what_is_missing_is_named_with_its_remedy_and_the_rest_is_not(tmp_path: Path) -> None:
    checks = [
        Check("ether", look("waves"), "blow"),
        Check("broker", look(Amiss("no topic hub.raw")), "create the topics"),
        Check("cache", look(ValueError("password hush")), "start it", vital=False),
    ]
    with stored(tmp_path) as store, serving(app_on(store, checks=checks), store) as hub:
        document = assert_problem(hub.ask("/health/ready"), 503, "not-ready")

        assert ("broker: no topic hub.raw", "broker: create the topics") == (
            document["detail"],
            document["remedy"],
        )
        assert 200 == hub.ask("/health/live").status


def test_what_makes_it_only_slower_is_said_and_the_hub_is_ready(tmp_path: Path) -> None:
    checks = [Check("cache", look(ValueError("password hush")), "start it", vital=False)]
    with stored(tmp_path) as store, serving(app_on(store, checks=checks), store) as hub:
        reply = hub.ask("/health/ready")

    said = {"what": "cache", "well": False, "found": "does not answer", "remedy": "start it"}
    assert (200, [said]) == (reply.status, reply.json()["checks"])
    assert "hush" not in reply.body.decode()


def test_what_does_not_answer_is_not_waited_for() -> None:
    async def never() -> str:
        await asyncio.Event().wait()
        return ""

    (found,) = asyncio.run(examine([Check("broker", never, "start it")], patience=0.01))

    assert (False, "does not answer within 0.01 s") == (found.well, found.found)


def findings(store: Store) -> dict[str, tuple[bool, str]]:
    looked = asyncio.run(examine(state_of_database(Queries(store), lambda: NOW)))
    return {one.what: (one.well, one.found) for one in looked}


def test_tables_of_an_older_version_are_named_and_those_of_a_newer_one_are_no_fault(
    tmp_path: Path,
) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    migrate(store, "0001")
    older = findings(store)
    migrate(store)
    current = findings(store)
    newer = "UPDATE alembic_version SET version_num = '9999'"
    store.write_now(lambda c: c.exec_driver_sql(newer) and None)
    migrate(store)

    assert (False, "its tables are older than this version") == older["migrations"]
    assert (True, "current") == current["migrations"]
    assert (True, "ahead") == findings(store)["migrations"]
    store.close()


@pytest.mark.parametrize(("age", "well"), [(LATE_S - 1, True), (LATE_S + 1, False)])
def test_a_pipeline_that_is_late_is_named_but_the_door_stays_open(
    tmp_path: Path, age: float, well: bool
) -> None:
    with stored(tmp_path) as store, serving(app_on(store), store) as hub:
        at = NOW.fromtimestamp(NOW.timestamp() - age, NOW.tzinfo)
        put(store, RawRow(connector="a", source="a", received_at=at, headers="{}", body=b"x"))
        reply = hub.ask("/health/ready")

        assert (200, well) == (reply.status, findings(store)["pipeline"][0])
