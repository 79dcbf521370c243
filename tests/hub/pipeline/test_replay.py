"""Kept messages are read again by a connector that has been mended; orders follow, or stay."""

from typing import Any

import pytest
from sqlmodel import SQLModel

from hub.pipeline.rehearsal import rehearsal
from hub.pipeline.replay import OtherRaws, Selection, replay
from hub.pipeline.reread import Reread
from state_machine.events import (
    Event,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
)
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, a_parcel, an_order, at, hours, scan
from tests.hub.pipeline.speech import coded, misread, says
from tests.hub.pipeline.world import OUTBOX, World

PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")
MOVES = at(2, scan("JJ1", "in_transit"), id="moves")
#: one code of a vendor: "in the locker", which was taken for a delivery
DELIVERED = at(3, scan("JJ1", "delivered"), id="locker")
WAITS = at(3, scan("JJ1", "ready_for_pickup"), id="locker")
EVERYTHING = Selection()


def again(world: World, meant: Selection = EVERYTHING, **how: Any) -> Reread:
    """Replay everything as an operator does after a connector was mended."""
    world.speech.wiser = True
    how = {"notify": False} | how
    return [*replay(world.store, world.translator, meant, MONDAY, **how)][-1]


def number(text: str, hour: float, stage: str = "in_transit", fact: str = "scan") -> Event:
    """A carrier's scan, which knows the number and nothing of orders."""
    what = ParcelScanned(parcel=ParcelRef(number=text), stage=Stage(stage))
    return Event(id=fact, occurred_at=hours(hour), about=ParcelKey(text), what=what)


def test_a_scan_that_was_misread_is_put_right_and_nobody_is_told(world: World) -> None:
    world.hears(says(PLACED, NAMED), says(misread(DELIVERED, WAITS)))
    assert world.status() == "delivered"

    sums = again(world)

    assert (world.status(), world.believes([PLACED, NAMED, WAITS])) == ("ready_for_pickup", True)
    assert (sums.raws, sums.facts_new, sums.facts_reworded) == (2, 0, 1)
    anew = [one for one in world.told() if one[0] in ("correction", "ready_for_pickup")]
    assert sorted(anew) == [
        ("correction", "replayed history"),
        ("ready_for_pickup", "replayed history"),
    ]


def test_what_no_message_tells_any_more_never_was_a_fact(world: World) -> None:
    world.hears(says(PLACED, NAMED, MOVES), says(misread(DELIVERED, None)))

    assert again(world).facts_taken_off == 1

    assert world.timeline() == ["moves", "named", "placed"]
    assert world.believes([PLACED, NAMED, MOVES])


def test_a_code_that_is_not_known_any_more_waits_for_a_person(world: World) -> None:
    world.hears(says(PLACED, NAMED), says(misread(DELIVERED, WAITS, code="locker")))

    assert again(world).quarantined == 1

    assert world.outcomes() == ["applied", "quarantined"]
    assert world.quarantined() == [("unmapped", "locker")]
    assert world.believes([PLACED, NAMED])


def test_an_order_does_not_vanish_when_nothing_tells_of_it_any_more(world: World) -> None:
    world.hears(says(misread(PLACED, None)))

    assert again(world).facts_taken_off == 0
    assert world.believes([PLACED])


@pytest.mark.parametrize("fault", [{"refused": 1}, {"bug": "oh"}])
def test_a_message_that_cannot_be_read_any_more_changes_nothing(world: World, fault: Any) -> None:
    world.hears(says(PLACED, NAMED), says(misread(DELIVERED, WAITS, **fault)))

    sums = again(world)

    assert (sums.unreadable, len(sums.unreadable_raws)) == (1, 1)
    assert world.believes([PLACED, NAMED, DELIVERED])


def test_what_is_understood_now_is_added_from_messages_of_every_outcome(world: World) -> None:
    more = coded("moves", MOVES, shy=True)
    world.hears(says(PLACED, NAMED))
    assert world.hears(says(PLACED, more)) == ["applied", "duplicate"]
    assert world.hears(says(number("JJ9", 1), more)) == ["applied", "duplicate", "parked"]
    world.speech.taught.add("moves")

    assert again(world).facts_new == 1
    assert again(world).facts_new == 0

    assert world.outcomes() == ["applied", "applied", "parked"]
    assert world.believes([PLACED, NAMED, MOVES])


def test_quarantined_messages_are_left_to_a_person(world: World) -> None:
    world.hears(says(PLACED, coded("named", NAMED)))
    world.speech.taught.add("named")

    assert again(world).raws == 0
    assert world.outcomes() == ["quarantined"]


def test_only_the_messages_that_are_meant_are_read(world: World) -> None:
    world.deliver(says(PLACED), source="a", received_at=hours(0))
    world.deliver(says(NAMED), source="b", received_at=hours(1))
    world.deliver(says(MOVES), source="b", received_at=hours(2))
    world.work()

    for meant, raws in (
        (Selection(since=hours(1)), 2),
        (Selection(until=hours(1)), 1),
        (Selection(since=hours(1), until=hours(2)), 1),
        (Selection(source="b"), 2),
        (Selection(source="a", since=hours(1)), 0),
        (Selection(connector="speech"), 3),
        (Selection(connector="easypost"), 0),
    ):
        assert again(world, meant).raws == raws


def test_an_interrupted_replay_is_finished_before_another_begins(world: World) -> None:
    world.hears(*[says(at(n, an_order(mug=1), id=f"{n}")) for n in range(300)])
    pages = replay(world.store, world.translator, EVERYTHING, MONDAY, notify=False)
    assert next(pages).raws == 128
    pages.close()

    with pytest.raises(OtherRaws, match=r"tilanne replay --raws --apply"):
        again(world, Selection(source="kauppa"))
    with pytest.raises(OtherRaws):
        again(world, notify=True)
    assert again(world).raws == 300
    assert again(world, Selection(source="kauppa")).raws == 300


def dump(world: World) -> dict[str, Any]:
    """Everything the database holds."""
    return {table.name: world.rows(table) for table in SQLModel.metadata.sorted_tables}


def test_a_dry_run_shows_what_would_come_of_it_and_writes_nothing(world: World) -> None:
    world.hears(says(PLACED, NAMED), says(misread(DELIVERED, WAITS)), says(misread(MOVES, None)))
    world.speech.wiser = True
    before = dump(world)
    with rehearsal(world.store) as dry:
        sums = [*dry.read(world.translator, EVERYTHING)][-1]
        (shown,) = dry.differences()
    assert dump(world) == before

    assert again(world) == sums
    assert shown["order"] == "kauppa:1001"
    assert shown["status"] == ["delivered", "ready_for_pickup"]
    assert shown["milestones"]["gone"] == ["delivered parcel:f1", "first_in_transit parcel:f1"]
    assert {"parcels[0].stage", "lines[0].delivered"} <= {*shown["fields"]}
    assert world.believes([PLACED, NAMED, WAITS])


def test_an_order_that_would_be_new_is_shown_as_such(world: World) -> None:
    world.hears(says(coded("placed", PLACED, shy=True)))
    world.speech.taught.add("placed")
    with rehearsal(world.store) as dry:
        [*dry.read(world.translator, EVERYTHING)]
        shown = [*dry.differences()]

    assert shown == [
        {"order": "kauppa:1001", "why": "not known before", "status": [None, "placed"]}
    ]
    assert world.rows(OUTBOX) == []
