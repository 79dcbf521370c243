"""A fact that waits too long for its order is listed; what was said of a person is forgotten."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.config import Settings
from hub.scheduler.expiry import expire_parked
from hub.scheduler.retention import forget_raws
from hub.store.parcels import EARLY
from hub.store.tables import ParkedRow, table
from hub.telemetry import REGISTRY
from state_machine.events import Event, ParcelKey, ParcelRef, ParcelScanned
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, a_parcel, an_order, at, hours
from tests.databases import migrated
from tests.hub.pipeline.speech import coded, customer, says
from tests.hub.pipeline.world import CONTACT, RAW, World

PARKED = table(ParkedRow)
PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")
SEEN = Event(
    id="seen",
    occurred_at=hours(2),
    about=ParcelKey("JJ1"),
    what=ParcelScanned(parcel=ParcelRef(number="JJ1"), stage=Stage.IN_TRANSIT),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = migrated(f"sqlite:///{tmp_path}/hub.db")
    opened = World(url)
    yield opened
    wrong = opened.sums(forgotten=True)
    opened.store.close()

    assert wrong == []


def expire(world: World, days: float) -> int:
    """Let so many days pass since everything arrived, and look at what has waited."""
    return asyncio.run(expire_parked(world.store, MONDAY + timedelta(days=days), 14))


def forget(world: World, days: float) -> int:
    return asyncio.run(forget_raws(world.store, MONDAY + timedelta(days=days), 30))


def alerts() -> float:
    return REGISTRY.get_sample_value("tilanne_alerts_total", {"name": "parked_expired"}) or 0.0


def test_a_fact_expires_once_and_a_person_is_called(world: World) -> None:
    world.hears(says(SEEN))
    before = alerts()

    assert expire(world, 14) == 0
    assert expire(world, 14.1) == 1
    assert expire(world, 15) == 0
    assert alerts() == before + 1
    assert [row["expired_at"] for row in world.rows(PARKED)] == [MONDAY + timedelta(days=14.1)]


def test_an_expired_fact_still_comes_home(world: World) -> None:
    world.hears(says(SEEN))
    expire(world, 20)

    assert world.hears(says(PLACED, NAMED)) == ["applied", "applied"]
    assert world.status() == "in_transit"
    assert world.rows(PARKED) == []


def test_what_was_stated_of_a_customer_is_forgotten_when_it_expires(world: World) -> None:
    world.hears(says(customer(0, email="a@example.fi"), at(1, a_parcel("f1"))))
    assert "a@example.fi" in "".join(row["fact"] for row in world.rows(PARKED))

    assert expire(world, 15) == 2
    assert "example.fi" not in "".join(row["fact"] for row in world.rows(PARKED))
    assert world.hears(says(PLACED)) == ["applied", "applied"]
    assert world.rows(CONTACT) == world.rows(PARKED) == []


def test_the_bytes_of_what_is_parked_are_kept_until_all_of_it_has_expired(world: World) -> None:
    world.hears(says(SEEN))

    assert forget(world, 31) == 0
    expire(world, 31)
    assert forget(world, 31) == 1
    assert world.hears(says(PLACED, NAMED)) == ["applied", "applied"]
    assert world.status() == "in_transit"


def test_the_bytes_of_what_is_quarantined_are_kept_until_a_person_has_decided(world: World) -> None:
    world.hears(says(coded("odd", SEEN)))
    expire(world, 31)

    assert forget(world, 31) == 0
    assert len(world.rows(RAW)) == 1


def test_the_default_is_the_time_a_carrier_may_be_ahead_of_the_shop() -> None:
    assert EARLY.days == Settings().parked_days
