"""A person says whose parcel a message speaks of: it comes again with the decision, and once."""

import pytest

from hub.pipeline import quarantine
from hub.store.log import ACCEPTED
from state_machine.events import Event, ParcelKey, ParcelRef, ParcelScanned
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, an_order, at, hours
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import QUARANTINE, RAW, World

PLACED = at(0, an_order(mug=1), id="placed")


def seen(number: str, hour: float = 3) -> Event:
    what = ParcelScanned(parcel=ParcelRef(number=number), stage=Stage.IN_TRANSIT)
    about = ParcelKey(number)
    return Event(id=f"seen {number} {hour}", occurred_at=hours(hour), about=about, what=what)


def release(world: World, **decided: str) -> int:
    """Release every message there is, with what a person decided."""
    raws = [row["id"] for row in world.rows(RAW)]
    count = world.store.write_now(lambda c: quarantine.release(c, raws, MONDAY, decided))
    world.work()
    return count


def test_a_decision_makes_facts_of_a_number_facts_of_that_order(world: World) -> None:
    world.hears(says(PLACED), says(seen("JJ7"), seen("JJ8")))

    assert release(world, jj7="kauppa:1001") == 2
    assert world.timeline() == ["placed", "seen JJ7 3"]
    assert world.status() == "in_transit"


def test_a_decision_is_kept_with_the_message_and_added_to(world: World) -> None:
    world.hears(says(PLACED), says(seen("JJ7"), seen("JJ8")))
    release(world, JJ7="kauppa:1001")
    release(world, JJ8="kauppa:1001")

    assert world.timeline() == ["placed", "seen JJ7 3", "seen JJ8 3"]


def test_what_is_released_is_not_accepted_a_second_time(world: World) -> None:
    world.hears(says(PLACED), says(seen("JJ7")))
    before = world.rows(ACCEPTED)
    release(world, JJ7="kauppa:1001")

    assert world.rows(ACCEPTED) == before
    assert [row["raws"] for row in before] == [2]


def test_a_decision_for_an_order_nobody_knows_is_refused_and_changes_nothing(world: World) -> None:
    world.hears(says(PLACED), says(seen("JJ7")))
    raws = world.rows(RAW)

    with pytest.raises(ValueError, match="no order 'kauppa:7'; its id reads SHOP:ID"):
        release(world, JJ7="kauppa:7")
    assert (world.rows(RAW), world.rows(QUARANTINE)) == (raws, [])
