"""What was written of an order is remembered, and never served for anything else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from state_machine.events import OrderKey
from tests.hub.serving import Served, serving, stored
from tests.hub.web.conftest import ADMIN, READ, app_on, believe
from tests.hub.web.streaming import moves

ORDER = "kauppa:1001"
PATH = f"/v1/orders/{ORDER}"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Served]:
    with stored(tmp_path) as store:
        believe(store, OrderKey("kauppa", "1001"), "#1001", contact_id="c_1")
        with serving(app_on(store), store) as served:
            served.headers["Authorization"] = f"Bearer {READ}"
            served.ask(PATH)
            yield served


def test_another_version_is_another_answer(hub: Served) -> None:
    moves(hub.store, ORDER, 8, status="delivered")

    assert 8 == hub.ask(PATH).json()["version"]


def test_a_reference_that_is_gone_is_gone_at_once_though_the_version_is_the_same(
    hub: Served,
) -> None:
    assert "c_1" == hub.ask(PATH).json()["customer_ref"]
    moves(hub.store, ORDER, 7, contact_id=None)

    assert hub.ask(PATH).json()["customer_ref"] is None


def test_a_belief_that_was_mended_under_the_same_version_is_seen(hub: Served) -> None:
    snapshot = hub.store.read_now(
        lambda c: c.exec_driver_sql("SELECT snapshot FROM belief").scalar_one()
    )
    moves(hub.store, ORDER, 7, snapshot=snapshot.replace("MUKI", "KUPPI"))

    assert "KUPPI" == hub.ask(PATH).json()["lines"][0]["sku"]


def test_every_language_and_every_scope_has_its_own_answer(hub: Served) -> None:
    def label(language: str) -> str:
        return str(hub.ask(PATH, headers={"Accept-Language": language}).json()["label"])

    assert 3 == len({label(language) for language in ("fi", "sv", "en")})
    chief = hub.ask(PATH, headers={"Authorization": f"Bearer {ADMIN}"}).json()
    assert "4711" == chief["parcels"][0]["pickup_code"]
    assert "4711" not in hub.ask(PATH).body.decode()
