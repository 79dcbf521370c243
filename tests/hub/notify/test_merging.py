"""Several parcels that leave at once are one letter, and nobody is told less or twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from hub.config import Settings, Shop
from hub.notify.channels import DeliveryError
from hub.store.outbox import NOTICE
from tests.faults.postgres import new_database
from tests.hub.notify.bells import Busy, bells, told, wish, withdrawn
from tests.hub.notify.world import PARCEL, World

MERGING = Settings(shops={"villa": Shop(merge_seconds=30)})
OTHER = {**PARCEL, "id": "p2", "carrier": "gls", "tracking_number": "GLS2"}
HUIVI = [{"line": "2", "quantity": 1}]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        url = new_database(server, f"merging_{uuid4().hex}")
    opened = World(tmp_path, url)
    yield opened
    opened.store.close()


def two_leave(world: World, milestone: str = "shipped") -> None:
    world.tell(milestone)
    world.later(seconds=20)
    world.tell(milestone, "parcel:p2", change={"parcel": OTHER, "units": HUIVI})


def seen(world: World) -> list[tuple[str, str]]:
    return [(row.state, row.reason or "") for row in world.notices()]


def test_two_parcels_that_leave_within_the_window_are_one_letter_that_names_both(
    world: World,
) -> None:
    world.add_order()
    channels = bells()
    two_leave(world)
    assert [
        ("email", "due", "waits for other parcels of this order"),
        ("email", "due", "waits for other parcels of this order"),
    ] == told(world, channels, MERGING)

    world.later(seconds=10)
    told(world, channels, MERGING)
    (letter,) = channels["email"].rung
    assert [("sent", ""), ("suppressed", "merged into one letter: notice 1")] == seen(world)
    assert all(said in letter.text for said in ("JJFI6500001", "GLS2", "Villasukat", "Kaulahuivi"))
    world.later(minutes=10)
    told(world, channels, MERGING)
    assert 1 == len(channels["email"].rung)


def test_nothing_waits_longer_than_the_window_from_when_it_reached_us(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    world.later(seconds=29)
    channels = bells()
    told(world, channels, MERGING)
    assert [] == channels["email"].rung
    assert [None] == [row.not_before for row in world.notices()]  # the minute runs meanwhile
    world.later(seconds=1)
    told(world, channels, MERGING)

    assert 1 == len(channels["email"].rung)


def test_without_the_setting_each_parcel_has_its_letter_at_once(world: World) -> None:
    world.add_order()
    channels = bells()
    two_leave(world)

    assert [("email", "sent", "")] * 2 == told(world, channels)


@pytest.mark.parametrize("milestone", ["delivered", "ready_for_pickup", "out_for_delivery"])
def test_what_arrives_is_told_parcel_by_parcel_and_at_once(world: World, milestone: str) -> None:
    world.add_order()
    two_leave(world, milestone)

    assert [("email", "sent", "")] * 2 == told(world, bells(), MERGING)


def test_a_text_message_has_no_room_for_two_parcels(world: World) -> None:
    world.add_order(phone="+358401234567")
    wish(world, channels={"*": ["sms"]})
    two_leave(world)

    assert [("sms", "sent", "")] * 2 == told(world, bells(), MERGING)


def test_who_is_said_with_another_is_corrected_like_anybody_told(world: World) -> None:
    world.add_order()
    channels = bells()
    two_leave(world)
    told(world, channels, MERGING)
    world.later(seconds=10)
    told(world, channels, MERGING)
    world.correct("shipped", "parcel:p2")
    told(world, channels, MERGING)

    assert ("sent", "") == seen(world)[-1]
    assert 2 == len(channels["email"].rung)


def merged(world: World, *, permanent: bool) -> dict[str, Any]:
    """Two parcels merged into one letter whose first attempt failed."""
    world.add_order()
    channels: dict[str, Any] = {
        "email": Busy(bells()["email"], DeliveryError("550 no", permanent=permanent))
    }
    two_leave(world)
    told(world, channels, MERGING)
    world.later(seconds=10)
    told(world, channels, MERGING)
    return channels


def test_a_second_attempt_says_the_same_and_tells_each_parcel_once(world: World) -> None:
    channels = merged(world, permanent=False)
    channels["email"].no = None
    world.later(minutes=5)
    told(world, channels, MERGING)

    (letter,) = channels["email"].rung
    assert "GLS2" in letter.text
    assert [("sent", ""), ("suppressed", "merged into one letter: notice 1")] == seen(world)


def test_who_was_to_be_said_with_a_letter_that_comes_to_nothing_is_told_after_all(
    world: World,
) -> None:
    channels = merged(world, permanent=True)
    channels["email"].no = None
    assert "dead" == world.notices()[0].state

    world.later(seconds=11)
    told(world, channels, MERGING)
    (letter,) = channels["email"].rung
    assert "GLS2" in letter.text
    assert ["dead", "sent"] == [state for state, _ in seen(world)]


def test_who_was_to_be_said_with_one_that_was_overtaken_is_told_after_all(world: World) -> None:
    channels = merged(world, permanent=False)
    channels["email"].no = None
    world.tell("delivered")
    world.later(minutes=5)
    told(world, channels, MERGING)
    world.later(seconds=11)
    told(world, channels, MERGING)

    told_of = sorted("GLS2" in letter.text for letter in channels["email"].rung)
    assert [False, True] == told_of
    assert ("suppressed", "superseded by delivered") == seen(world)[0]


def test_what_may_have_been_read_is_not_told_again(world: World) -> None:
    channels = merged(world, permanent=False)
    world.run(update(NOTICE).where(NOTICE.c.id == 1).values(state="suppressed", reason="x"))
    from hub.store.attempts import ATTEMPT

    world.run(update(ATTEMPT).values(outcome="ambiguous"))
    channels["email"].no = None
    world.later(seconds=11)
    told(world, channels, MERGING)

    assert [] == channels["email"].rung


def test_who_leaves_before_the_second_attempt_is_not_named_in_it(world: World) -> None:
    channels = merged(world, permanent=False)
    channels["email"].no = None
    world.correct("shipped", "parcel:p2")
    world.later(minutes=5)
    told(world, channels, MERGING)

    (letter,) = channels["email"].rung
    assert "GLS2" not in letter.text
    assert ["", "withdrawn", "never told of what is corrected"] == [why for _, why in seen(world)]


def test_who_switches_progress_off_hears_of_neither(world: World) -> None:
    world.add_order()
    channels = bells()
    two_leave(world)
    told(world, channels, MERGING)
    wish(world, "c-o1", withdrawn(world, "*", "informative"))
    world.later(seconds=30)
    told(world, channels, MERGING)

    assert [] == channels["email"].rung
    assert {"suppressed"} == {state for state, _ in seen(world)}
