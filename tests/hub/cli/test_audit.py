"""The audit names the sum that does not hold, whichever it is, and ends with 1."""

import orjson
import pytest

from hub.catalogues import Catalogues
from hub.config import Settings
from hub.notify import planning
from hub.notify.dispatcher import Dispatcher
from state_machine.events import Event, ParcelKey, ParcelRef, ParcelScanned
from state_machine.lifecycle import Stage
from tests.builders import a_parcel, an_order, at, hours
from tests.hub.cli.typing_in import Desk
from tests.hub.pipeline.speech import coded, customer, says
from tests.hub.pipeline.world import World

PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")


def seen(number: str) -> Event:
    what = ParcelScanned(parcel=ParcelRef(number=number), stage=Stage.IN_TRANSIT)
    return Event(id=f"seen {number}", occurred_at=hours(2), about=ParcelKey(number), what=what)


def live(world: World) -> None:
    """Let a hub have one of everything: told, parked, quarantined, a duplicate, an empty one."""
    world.hears(
        says(PLACED, NAMED, customer(0, email="a@example.fi")),
        says(seen("JJ1")),
        says(seen("JJ9")),
        says(coded("odd", PLACED)),
        says(),
    )
    world.hears(says(seen("JJ1"), id="again"))
    plan(world)


def plan(world: World) -> None:
    """Let every milestone have its notices."""
    now = hours(3)
    house = Dispatcher(world.store, Settings(), lambda: now, Catalogues.load())._house
    world.store.write_now(lambda c: planning.plan(c, house, now))


def broken(desk: Desk) -> set[str]:
    """The sums that the command says do not hold; it has to end accordingly."""
    result = desk.types("audit", "--json")
    found = {one["name"] for one in orjson.loads(result.stdout)["checks"] if not one["holds"]}
    assert result.exit_code == (1 if found else 0)
    return found


def test_the_sums_of_a_hub_that_has_one_of_everything_hold(desk: Desk) -> None:
    live(desk.world)

    answer = desk.asks("audit")
    assert answer["holds"] is True
    (source,) = answer["sources"]
    assert source == {
        "connector": "speech",
        "source": "kauppa",
        "accepted": 6,
        "applied": 3,
        "duplicate": 1,
        "parked": 1,
        "quarantined": 1,
        "waiting": 0,
        "missing": 0,
    }


def test_what_the_pipeline_has_not_read_is_part_of_the_sum(desk: Desk) -> None:
    live(desk.world)
    desk.world.deliver(says(), source="toinen")

    answer = desk.asks("audit")
    assert answer["holds"] is True
    assert [(one["source"], one["waiting"]) for one in answer["sources"]] == [
        ("kauppa", 0),
        ("toinen", 1),
    ]


BREAKS = {
    "UPDATE accepted SET raws = raws + 1": {"sources_unbalanced"},
    "DELETE FROM accepted": {"sources_unbalanced"},
    "UPDATE inbox SET outcome = 'lost' WHERE raw_id = 5": {
        "sources_unbalanced",
        "strange_outcomes",
    },
    "DELETE FROM inbox WHERE raw_id = 5": {"sources_unbalanced", "without_outcome"},
    "DELETE FROM parked": {"parked_nowhere"},
    "UPDATE parked SET key = 'order:kauppa:1001'": {"parked_though_known"},
    "DELETE FROM quarantine": {"quarantined_nowhere"},
    "UPDATE quarantine SET released_at = received_at": {"quarantined_nowhere"},
    "UPDATE belief SET snapshot = '{}'": {"beliefs_astray"},
    "DELETE FROM belief": {"orders_unbelieved"},
    "DELETE FROM timeline WHERE fact_id = 'seen JJ1'": {"beliefs_astray"},
    "UPDATE timeline SET raw_id = 99 WHERE fact_id = 'named'": {"facts_unmarked"},
    "DELETE FROM outbox WHERE milestone = 'order_placed'": {"milestones_unwritten"},
    "DELETE FROM notice WHERE milestone = 'order_placed'": {"milestones_untold"},
    "UPDATE notice SET state = 'dead', reason = NULL": {"silent_without_reason"},
    "UPDATE notice SET state = 'gone'": {"strange_states"},
}


@pytest.mark.parametrize("damage", BREAKS)
def test_a_sum_that_was_broken_by_hand_is_named(desk: Desk, damage: str) -> None:
    live(desk.world)
    assert broken(desk) == set()
    desk.world.store.write_now(lambda c: c.exec_driver_sql(damage))

    assert broken(desk) == BREAKS[damage]
