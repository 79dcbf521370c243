"""Whatever comes, in any order, repeated and cut anywhere: one belief, one outcome each."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store.facts import encode
from state_machine.events import (
    Event,
    ParcelAnnounced,
    ParcelKey,
    ReturnMoved,
    StockKey,
)
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World
from tests.state_machine.histories import histories

few = settings(
    max_examples=max(60, settings.default.max_examples // 2),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def told(draw: st.DrawFn) -> list[Event]:
    """One order's history; some scans come from a carrier, who knows only the parcel's number."""
    facts = [fact for fact in draw(histories) if not isinstance(fact.about, StockKey)]
    return [
        replace(fact, about=ParcelKey(number)) if number and draw(st.booleans()) else fact
        for fact in facts
        for number in [_number_only(fact)]
    ]


def _number_only(fact: Event) -> str | None:
    ref = getattr(fact.what, "parcel", None)
    if ref is None or ref.id or isinstance(fact.what, ParcelAnnounced | ReturnMoved):
        return None
    return str(ref.number)


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Event], list[list[bytes]]]:
    """A history, and the messages that tell it: any order, any repetition, any batches."""
    history = draw(told())
    arrivals = draw(st.permutations([*history, *draw(st.lists(st.sampled_from(history)))]))
    messages = []
    while arrivals:
        count = draw(st.integers(1, 3))
        messages.append(says(*arrivals[:count]))
        arrivals = arrivals[count:]
    messages += draw(st.lists(st.sampled_from(messages), max_size=3))
    cuts = sorted(draw(st.sets(st.integers(1, len(messages)))) | {len(messages)})
    return history, [messages[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]


@few
@given(told=batches(), forgets=st.booleans())
def test_any_delivery_ends_in_the_fold_of_the_facts(world: World, told, forgets: bool) -> None:
    history, cut = told
    world.clear()
    for messages in cut:
        if forgets:
            world.begin()
        world.hears(*messages)

    named = {
        fact.what.parcel.number
        for fact in history
        if isinstance(fact.what, ParcelAnnounced | ReturnMoved) and fact.what.parcel
    }
    facts = [f for f in history if not isinstance(f.about, ParcelKey) or f.about.number in named]
    assert world.sums() == []
    assert sorted(fact.id for fact in facts) == world.timeline()
    assert world.believes(facts), [encode(fact) for fact in history]
