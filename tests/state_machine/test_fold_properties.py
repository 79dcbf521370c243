"""Whatever is told, in whatever order: one answer, every unit counted, nobody told twice."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from state_machine.changes import changes
from state_machine.draft import Draft
from state_machine.events import Event, Ordered, Retracted
from state_machine.fold import Fold, _prepare, _replay, _retracted, _when, fold
from state_machine.lifecycle import ROADS
from state_machine.milestones import Told
from state_machine.order import Effect, Outcome
from state_machine.promises import overdue
from state_machine.returns import ROADS as RETURN_ROADS
from state_machine.statuses import Status
from tests.builders import Customer, hours
from tests.state_machine.histories import histories

many = settings(max_examples=max(200, settings.default.max_examples))


@st.composite
def histories_and_arrivals(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """A history, and how it reaches us: in any order, some of it more than once."""
    history = draw(histories)
    again = draw(st.lists(st.sampled_from(history), max_size=4))
    return history, draw(st.permutations([*history, *again]))


def replay(history: list[Event]) -> Iterator[tuple[Draft, Effect | None]]:
    """The fold, step by step: the draft at the start, then after each fact, with its effect."""
    whole = Fold()
    whole.extend(history)
    facts = whole.facts
    gone = _retracted(facts)
    standing = sorted((e for e in facts.values() if e.id not in gone), key=_when)
    draft = _prepare(standing, [facts[fact] for fact in gone])
    yield draft, None
    for event in standing:
        yield draft, _replay(draft, event)


@many
@given(histories_and_arrivals())
def test_any_arrival_order_and_any_repetition_give_the_same_belief(both) -> None:
    history, arrivals = both

    assert fold(history) == fold(arrivals)


@many
@given(histories)
def test_a_belief_is_made_as_its_own_constructors_make_it_and_stays_so(history) -> None:
    order = fold(history).order

    for part in (order, *order.lines, *order.parcels, *order.returns):
        assert [*vars(replace(part)).items()] == [*vars(part).items()]
        with pytest.raises(FrozenInstanceError):
            part.shop = part.id = "another"  # type: ignore[misc,union-attr]


@many
@given(histories)
def test_every_fact_has_one_effect_and_the_retracted_ones_say_so(history) -> None:
    belief = fold(history)
    effects = {effect.fact: effect for effect in belief.effects}
    named = {fact.what.fact for fact in history if isinstance(fact.what, Retracted)}
    plain = [f.id for f in history if f.id in named and not isinstance(f.what, Ordered | Retracted)]

    assert len(history) == len(belief.effects) == len(effects)
    assert [Outcome.RETRACTED] * len(plain) == [effects[fact].outcome for fact in plain]
    assert all(e.why for e in belief.effects if e.outcome is not Outcome.APPLIED)
    assert not any(e.why for e in belief.effects if e.outcome is Outcome.APPLIED)


@many
@given(histories)
def test_every_unit_is_in_exactly_one_place_at_every_moment(history) -> None:
    for draft, _ in replay(history):
        for place in draft.tallies.values():
            parts = [place.free, place.cancelled, *place.stages.values()]
            assert place.quantity == sum(parts)
            assert min(parts) >= 0
            assert place.returned <= place.delivered <= place.shipped
        for name, waiting in draft.waiting.items():
            before = [waiting.packed, waiting.allocated, waiting.backordered]
            assert min(before) >= 0
            assert sum(before) <= draft.tallies[name].free


@many
@given(histories)
def test_the_counts_of_a_line_fit_into_each_other(history) -> None:
    for line in fold(history).order.lines:
        assert 0 <= line.returned <= line.delivered <= line.shipped
        assert line.shipped + line.cancelled <= line.quantity
        open_units = line.quantity - line.shipped - line.cancelled
        assert line.allocated + line.backordered + line.packed <= open_units


@many
@given(histories)
def test_nothing_moves_backwards_but_by_a_road(history) -> None:
    stages: dict[str, object] = {}
    for draft, _ in replay(history):
        now = {parcel.subject: parcel.stage for parcel in draft.parcels.values() if parcel.stage}
        now |= {ret.subject: ret.stage for ret in draft.returns.values()}
        for name, before in stages.items():
            roads = RETURN_ROADS if name.startswith("return:") else ROADS
            assert now[name] is before or now[name] in roads[before]
        stages = now


@many
@given(histories)
def test_an_ignored_fact_changes_nothing_but_the_effects(history) -> None:
    before: object = None
    for draft, effect in replay(history):
        parcels = [replace(parcel, number=None, carrier=None) for parcel in draft.parcels.values()]
        moved = [replace(ret, number=None) for ret in draft.returns.values()]
        moved += [*draft.waiting.values(), *draft.refunds.values()]
        told = [one._replace(also=()) for one in draft.milestones.values()]
        now = repr((draft.status, draft.tallies, parcels, moved, draft.promise, told))
        if effect is not None and effect.outcome is Outcome.IGNORED and "longer" not in effect.why:
            assert before == now
        before = now


@many
@given(histories)
def test_a_status_follows_from_the_parts(history) -> None:
    order = fold(history).order
    wanted = sum(line.quantity - line.cancelled for line in order.lines)
    delivered = sum(line.delivered for line in order.lines)
    if order.status is Status.DELIVERED and order.lines:
        assert wanted == delivered
    if order.status is Status.CANCELLED:
        assert wanted == 0
    if order.status is Status.RETURNED and order.lines:
        assert wanted == sum(line.returned for line in order.lines)


@many
@given(histories)
def test_equal_beliefs_have_no_changes(history) -> None:
    belief = fold(history)

    assert () == changes([milestone.key for milestone in belief.milestones], belief)


@many
@given(histories_and_arrivals())
def test_telling_as_facts_arrive_tells_everything_once_and_corrects_the_rest(both) -> None:
    history, arrivals = both
    customer = Customer()
    waiting: list[Event] = []
    for fact in arrivals:  # until the order is known its facts are parked
        waiting.append(fact)
        if customer.facts or isinstance(fact.what, Ordered):
            customer.hears(*waiting)
            waiting = []
    belief = fold(history)
    names = {f"parcel:{was}": f"parcel:{now}" for was, now in belief.former_names}
    families = {(m.code.family, m.subject) for m in belief.milestones}
    corrected = {c.corrects for c in customer.ledger.values() if c.corrects}
    families |= {(code.family, names.get(subject, subject)) for code, subject, _ in corrected}

    assert {m.key for m in belief.milestones} <= set(customer.ledger)
    for code, subject, _ in customer.ledger:
        if code is not Told.CORRECTION:
            assert (code.family, names.get(subject, subject)) in families


@many
@given(histories)
def test_time_makes_things_true_once(history) -> None:
    now = hours(400)
    facts = list(history)
    for _ in range(3):
        facts += overdue(fold(facts).order, now)
    due = list(overdue(fold(facts).order, now + timedelta(days=1)))

    assert [] == due


@many
@given(histories)
def test_without_the_order_there_is_no_belief_and_with_it_there_is_one(history) -> None:
    assume(any(isinstance(fact.what, Ordered) for fact in history))

    assert fold(history).order.status in Status
