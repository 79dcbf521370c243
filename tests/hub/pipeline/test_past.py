"""An order as it was believed at a time gone by is what the hub did believe then."""

from datetime import datetime, timedelta

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.queries.past import Past, past
from hub.store.belief import snapshot
from state_machine.events import Event, ParcelKey, ParcelRef, ParcelScanned, Retracted
from state_machine.fold import fold
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, a_parcel, an_order, at, hours
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.test_any_delivery import told
from tests.hub.pipeline.world import BELIEF, World

few = settings(
    max_examples=max(40, settings.default.max_examples // 3),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")
SEEN = Event(
    id="seen",
    occurred_at=hours(2),
    about=ParcelKey("JJ1"),
    what=ParcelScanned(parcel=ParcelRef(number="JJ1"), stage=Stage.DELIVERED),
)


def then(world: World, when: datetime) -> Past | None:
    return world.store.read_now(lambda c: past(c, "kauppa:1001", when))


def hears(world: World, hour: float, *facts: Event) -> None:
    world.deliver(says(*facts), received_at=hours(hour))
    world.work()


def status(found: Past | None) -> str | None:
    return orjson.loads(found.order.snapshot)["status"] if found else None


def test_a_fact_counts_from_when_it_reached_us_not_from_when_it_happened(world: World) -> None:
    hears(world, 5, PLACED)
    hears(world, 6, NAMED)
    hears(world, 30, SEEN)
    hears(world, 40, at(31, Retracted(fact="seen"), id="oh"))

    assert [status(then(world, hours(hour))) for hour in (4, 5, 29, 30, 39, 40)] == [
        None,
        "placed",
        "processing",
        "delivered",
        "delivered",
        "processing",
    ]


def test_a_scan_that_was_parked_was_not_believed_yet(world: World) -> None:
    hears(world, 0, PLACED)
    hears(world, 3, SEEN)
    hears(world, 9, NAMED)

    believed = [then(world, hours(hour)) for hour in (3, 9)]
    assert [status(one) for one in believed] == ["placed", "delivered"]
    assert [one.order.as_of for one in believed if one] == [hours(0), hours(9)]


@few
@given(history=told(), data=st.data())
def test_the_past_is_the_fold_of_what_had_reached_us(world: World, history, data) -> None:
    """Facts come in any order, one by one; each time the stored belief is what is said of it."""
    world.clear()
    came: list[Event] = []
    believed: list[tuple[datetime, str | None, list[str]]] = []
    arrivals = data.draw(st.permutations(history))
    for minute, fact in enumerate(arrivals):
        when = MONDAY + timedelta(minutes=minute)
        world.deliver(says(fact), received_at=when)
        world.work()
        came.append(fact)
        rows = world.rows(BELIEF)
        milestones = [one[:3] for row in rows for one in orjson.loads(row["milestones"])]
        believed.append((when, rows[0]["snapshot"] if rows else None, milestones))

    for when, stored, milestones in believed:
        found = then(world, when)
        assert (found.order.snapshot if found else None) == stored
        assert ([[*one.key] for one in found.milestones] if found else []) == milestones
    home = set(world.timeline())
    assert believed[-1][1] == snapshot(fold(fact for fact in history if fact.id in home).order)
