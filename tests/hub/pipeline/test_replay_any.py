"""Whatever came, and in whichever order: read again by the same connector it changes nothing."""

from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.pipeline.rebuild import Rebuilt, prove
from hub.pipeline.rehearsal import rehearsal
from hub.pipeline.replay import Selection, replay
from hub.pipeline.reread import Reread
from hub.store.parking import PARKED
from state_machine.events import Event
from tests.builders import MONDAY
from tests.hub.pipeline.speech import customer, misread, says
from tests.hub.pipeline.test_any_delivery import batches, told
from tests.hub.pipeline.world import BELIEF, OUTBOX, TIMELINE, World

few = settings(
    max_examples=max(30, settings.default.max_examples // 3),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def everything(world: World) -> dict[str, Any]:
    tables = (BELIEF, TIMELINE, OUTBOX, PARKED)
    return {table.name: world.rows(table) for table in tables} | {"ends": world.outcomes()}


def replayed(world: World) -> Reread:
    pages = replay(world.store, world.translator, Selection(), MONDAY, notify=True)
    return [*pages][-1]


@few
@given(told=batches())
def test_reading_again_by_the_same_connector_changes_nothing(world: World, told) -> None:
    _, cut = told
    world.clear()
    for messages in cut:
        world.hears(*messages)
    world.hears(says(customer(1, email="a@example.fi")))
    before = everything(world)
    with rehearsal(world.store) as dry:
        [*dry.read(world.translator, Selection())]
        assert [*dry.differences()] == []
    sums = replayed(world)

    assert (sums.facts_new, sums.facts_reworded, sums.facts_taken_off) == (0, 0, 0)
    assert (sums.milestones, sums.quarantined, sums.unreadable) == (0, 0, 0)
    assert everything(world) == before
    assert [*prove(world.store, MONDAY)][-1] == Rebuilt(orders=len(before["belief"]))


@few
@given(history=told(), data=st.data())
def test_what_was_misread_becomes_what_would_have_been_read(world: World, history, data) -> None:
    """A connector that learned late ends where one that knew at once ends."""
    right = data.draw(st.permutations(history))
    wrong = data.draw(st.permutations(history))
    swapped = [
        Event(id=one.id, occurred_at=other.occurred_at, about=one.about, what=one.what)
        for one, other in zip(right, wrong, strict=True)
    ]
    world.clear()
    world.hears(*[says(misread(a, b)) for a, b in zip(swapped, right, strict=True)])
    world.speech.wiser = True
    replayed(world)
    late = _believed(world)
    world.clear()
    world.speech.wiser = True
    world.hears(*[says(misread(a, b)) for a, b in zip(swapped, right, strict=True)])

    assert late == _believed(world)
    assert world.sums() == []


def _believed(world: World) -> list[Any]:
    rows = [
        (row["snapshot"], sorted(orjson.loads(row["milestones"]))) for row in world.rows(BELIEF)
    ]
    return [*rows, world.timeline(), world.outcomes()]
