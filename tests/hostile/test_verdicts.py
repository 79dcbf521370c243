"""The same verdict on every store: what cannot be understood is answered, kept and set aside."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest
from sqlalchemy import text

from hub.store.session import Store
from tests.faults.hub_process import PATIENCE, HubProcess, wait_for
from tests.faults.postgres import new_database
from tests.hostile.conftest import opened
from tests.hostile.corpus import BODIES, FORM, delivery
from tests.hostile.wire import SECRETS, order_placed, post

VERDICTS = (
    "SELECT raw_id, connector, outcome, facts FROM inbox ORDER BY raw_id",
    "SELECT raw_id, kind, code, detail, about FROM quarantine ORDER BY raw_id, id",
    "SELECT order_id, fact_id FROM timeline",
    "SELECT order_id, status, version FROM belief",
)
STORES = ("sqlite", "postgresql")
LARGE = 1_048_576  #: bytes of a body; one that is escaped for a form may be larger than it was


@dataclass
class Attacked:
    """A hub, what it answered, and what its database holds now."""

    hub: HubProcess
    answers: dict[tuple[str, str], int]
    honest: list[int]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        store = Store(self.hub.environment["TILANNE_DATABASE_URL"])
        try:
            found = store.read_now(lambda c: c.execute(text(query)).all())
            return [tuple(row) for row in found]
        finally:
            store.close()

    def count(self, table: str, where: str = "1 = 1") -> int:
        return int(self.rows(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])


@pytest.fixture(scope="module")
def attacked(
    tmp_path_factory: pytest.TempPathFactory, postgresql: str
) -> Iterator[dict[str, Attacked]]:
    """One hub on SQLite and one on PostgreSQL; each has heard it all, one after the other."""
    url = new_database(postgresql, "hostile")
    lite = opened(tmp_path_factory.mktemp("sqlite"))
    hubs = {"sqlite": next(lite)}
    post = opened(tmp_path_factory.mktemp("postgresql"), TILANNE_DATABASE_URL=url)
    hubs["postgresql"] = next(post)
    with ThreadPoolExecutor() as threads:
        said = threads.map(attack, hubs.values())
        yield dict(zip(hubs, said, strict=True))
    for hub in (lite, post):
        assert next(hub, None) is None


def attack(hub: HubProcess) -> Attacked:
    """Deliver it all, with an honest order behind each; wait until the hub has read it."""
    line = HTTPConnection("127.0.0.1", hub.port, timeout=PATIENCE)
    attacked = Attacked(hub, {}, [])
    for connector in SECRETS:
        for what, body in BODIES.items():
            attacked.answers[connector, what] = post(line, delivery(connector, body))
            name = f"honest-{len(attacked.honest)}"
            attacked.honest.append(post(line, order_placed(name)))
    line.close()
    unread = "SELECT (SELECT max(id) FROM raw) - (SELECT position FROM cursor)"
    wait_for(lambda: attacked.rows(unread) == [(0,)], "the hub to have read it all")
    return attacked


def wanted(connector: str, what: str) -> int:
    """What the vendor of a signed body is to hear."""
    if connector == FORM:
        body = BODIES[what]
        if len(delivery(connector, body).body) > LARGE:
            return 413
        if b"\0" in body or body != body.decode("utf-8", "ignore").encode():
            return 401  # no form holds that, so the vendor cannot have signed it
    return 202 if connector == "canonical" else 200


@pytest.mark.parametrize("store", STORES)
def test_what_is_authentic_is_answered_as_its_vendor_expects(
    attacked: dict[str, Attacked], store: str
) -> None:
    answers = attacked[store].answers

    assert {name: wanted(*name) for name in answers} == answers


@pytest.mark.parametrize("store", STORES)
def test_what_cannot_be_understood_is_set_aside_and_is_no_fault_of_ours(
    attacked: dict[str, Attacked], store: str
) -> None:
    one = attacked[store]
    taken = sum(status < 300 for status in one.answers.values())

    assert taken == one.count("inbox", "outcome = 'quarantined'")
    kinds = {kind for (kind,) in one.rows("SELECT kind FROM quarantine")}
    assert {"unreadable", "unmapped"} == kinds


@pytest.mark.parametrize("query", VERDICTS, ids=lambda query: query.split("FROM ")[1].split()[0])
def test_both_stores_hold_the_same(attacked: dict[str, Attacked], query: str) -> None:
    lite, post = (Counter(attacked[store].rows(query)) for store in STORES)

    assert lite
    assert [] == sorted((lite - post).elements())
    assert [] == sorted((post - lite).elements())


@pytest.mark.parametrize("name", ["a%00b", "%00", "a%ed%a0%80", "%ff", "x" * 5_000, "%0d%0a"])
@pytest.mark.parametrize(
    "where", ["/v1/orders/{}", "/v1/orders/{}/timeline", "/v1/orders?email={}"]
)
def test_a_question_that_no_order_answers_hears_the_same_from_both(
    attacked: dict[str, Attacked], where: str, name: str
) -> None:
    lite, post = (attacked[store].hub.ask(where.format(name)) for store in STORES)

    assert lite == post
    assert lite[0] < 500


@pytest.mark.parametrize("store", STORES)
def test_every_honest_order_beside_it_is_known(attacked: dict[str, Attacked], store: str) -> None:
    one = attacked[store]

    assert {202} == set(one.honest)
    assert len(one.honest) == one.count("belief", "order_id LIKE 'kauppa:honest-%'")


@pytest.mark.parametrize("store", STORES)
def test_the_sums_hold_afterwards(attacked: dict[str, Attacked], store: str) -> None:
    code, said = attacked[store].hub.run("audit")

    assert (0, said) == (code, said)
