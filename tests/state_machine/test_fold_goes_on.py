"""A belief that goes on with each fact that comes is the belief that all facts together give."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state_machine.events import Event, Ordered, ParcelRef, ParcelSeen, ReturnMoved
from state_machine.fold import Fold, fold
from state_machine.milestones import Told
from state_machine.returns import ReturnStage
from tests.builders import a_parcel, a_return, an_order, at, ref, refund, retract, scan, story
from tests.state_machine.histories import histories

many = settings(max_examples=max(400, settings.default.max_examples))


@st.composite
def batches(draw: st.DrawFn) -> list[list[Event]]:
    """A history as it reaches us: in any order or in its own, repeated, and cut anywhere."""
    history = draw(histories)
    in_time = sorted(history, key=lambda fact: fact.occurred_at)
    arrivals = draw(st.one_of(st.just(in_time), st.permutations(history)))
    arrivals += draw(st.lists(st.sampled_from(history), max_size=3))
    first = next(n for n, fact in enumerate(arrivals) if isinstance(fact.what, Ordered))
    cuts = sorted(draw(st.sets(st.integers(first + 1, len(arrivals)))) | {len(arrivals)})
    return [arrivals[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]


@many
@given(batches())
def test_after_every_batch_it_is_the_fold_of_all_facts_so_far(batches) -> None:
    going_on = Fold()
    told: list[Event] = []
    for batch in batches:
        told += batch

        assert fold(told) == going_on.extend(batch)


@many
@given(batches())
def test_a_belief_that_was_handed_out_never_changes(batches) -> None:
    going_on = Fold()
    handed_out = [going_on.extend(batch) for batch in batches]
    told = [fact for batch in batches[:-1] for fact in batch]

    assert not told or fold(told) == handed_out[-2]


def test_the_earlier_statement_of_a_fact_holds_though_it_came_later() -> None:
    going_on = Fold()
    going_on.extend([at(0, an_order(mug=1)), at(5, scan("JJ1", "delivered"), id="scan")])
    early = at(2, scan("JJ1", "delivered"), id="scan")

    assert early.occurred_at == going_on.extend([early]).order.parcels[0].stage_since


def test_a_fact_that_was_retracted_before_it_came_does_not_count() -> None:
    scanned = at(5, scan("JJ1", "delivered"))
    going_on = Fold()
    going_on.extend([at(0, an_order(mug=1)), at(4, retract(scanned))])

    assert () == going_on.extend([scanned]).order.parcels


SCANNED = at(2, scan("JJ1", "in_transit"))


@pytest.mark.parametrize(
    "before, named",
    [
        ((a_parcel("f1", mug=1), SCANNED), a_parcel("f1", "JJ1", mug=1)),
        ((scan("f1", "in_transit"),), a_parcel("f1", "JJ1", mug=1)),
        ((scan("JJ1", "in_transit"),), a_parcel("f1", "JJ1", mug=1)),
        ((SCANNED, retract(SCANNED)), a_parcel("f1", "JJ1", mug=1, more={"trusted": True})),
        ((a_parcel("f1", mug=1), scan("f1", "in_transit")), a_parcel("f2", more={"load": "f1"})),
        ((a_parcel("f2", mug=1, more={"load": "f1"}),), a_parcel("f1")),
        ((scan("JJ1", "in_transit"),), a_parcel("f1", "JJ1", more={"returns": "r1"})),
        ((a_return("r1", "requested"),), a_parcel("f1", "JJ1", more={"exchange_for": "r1"})),
        ((a_parcel("f1", "JJ1", more={"returns": "r1"}),), a_parcel("f2", "JJ1", mug=1)),
        ((a_parcel("JJ1"),), a_parcel("JJ1", mug=1)),
        ((ParcelSeen(parcel=ParcelRef("f2", "JJ1")),), a_parcel("f1", "JJ1", mug=1)),
        ((a_parcel("f2", mug=1, more={"load": "f1"}),), a_parcel("f1", mug=2)),
        ((), a_parcel("f1", "JJ1", more={"returns": "r1"})),
        ((), ReturnMoved(return_id="r1", stage=ReturnStage.LABEL_ISSUED, parcel=ref("JJ1"))),
    ],
)
def test_a_parcel_that_is_named_late_is_the_parcel_it_was(before, named) -> None:
    going_on = Fold()
    going_on.extend(story(an_order(mug=1), *before))
    later = [at(5, named), at(6, scan("JJ1", "delivered")), at(7, scan("f1", "delivered"))]

    for fact in later:
        assert going_on.extend([fact]) == fold(going_on.facts.values())


def test_money_that_follows_a_return_is_told_once() -> None:
    going_on = Fold()
    paid_back = [a_return("r1", stage) for stage in ("requested", "received", "refunded")]
    going_on.extend(story(an_order(mug=1), scan("JJ1", "delivered"), *paid_back))
    belief = going_on.extend([at(9, refund("m1", "r1"))])

    assert ["m1"] == [m.revision for m in belief.milestones if m.code is Told.REFUND_ISSUED]
