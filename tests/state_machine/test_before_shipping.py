"""An order before its parcels: payment, stock, editing and cancelling, whole and in part."""

from datetime import timedelta

import pytest

from state_machine.events import (
    Event,
    Held,
    PaymentReceived,
    Released,
    StockArrived,
    StockCounted,
    StockRanOut,
    UnitsAllocated,
    UnitsBackordered,
    UnitsPacked,
)
from state_machine.fold import NotAnOrder, fold
from tests.builders import (
    MONDAY,
    ORDER,
    a_parcel,
    an_order,
    at,
    cancel,
    hours,
    line,
    milestones,
    order,
    retract,
    scan,
    status,
    statuses,
    story,
    units,
    why_ignored,
)


def test_payment_and_work_make_an_order_processing() -> None:
    assert "placed" == status(an_order(mug=1))
    assert "processing" == status(an_order(mug=1), PaymentReceived())
    assert "processing" == status(an_order(mug=1), UnitsAllocated())
    assert "processing" == status(an_order(mug=1), UnitsPacked())
    assert "processing" == status(an_order(mug=1), a_parcel("p1", mug=1))


def test_packed_is_not_shipped() -> None:
    facts = story(an_order(mug=2), UnitsAllocated(), UnitsPacked(units=units({"mug": 1})))

    assert (1, 1, 0) == (line(facts).packed, line(facts).allocated, line(facts).shipped)


def test_a_hold_for_payment_ends_with_the_payment() -> None:
    held = (an_order(mug=1), Held(reason="payment"))

    assert "on_hold" == status(*held)
    assert "payment_problem" in milestones(*held)
    assert "processing" == status(*held, PaymentReceived())


def test_a_hold_for_review_ends_with_a_release_only() -> None:
    held = (an_order(mug=1), Held(reason="review"), PaymentReceived())

    assert "on_hold" == status(*held)
    assert "payment_problem" not in milestones(*held)
    assert "processing" == status(*held, Released())
    assert {"order.released": "the order was not on hold"} == why_ignored(an_order(), Released())


def test_goods_that_ran_out_are_told_with_their_date_and_come_back() -> None:
    short = (an_order(mug=2, bowl=1), StockRanOut(expected_at=hours(240)))
    facts = story(*short)

    assert "backordered" == status(*short)
    assert (2, hours(240)) == (line(facts).backordered, line(facts).expected_at)
    assert 0 == line(facts, "bowl").backordered
    assert ["2026-11-12:mug"] == [m.revision for m in fold(facts).milestones[1:]]
    assert "processing" == status(*short, StockArrived())
    assert (0, 2) == (line(story(*short, StockArrived())).backordered, line(facts).backordered)


def test_a_new_date_for_backordered_goods_is_told_again_the_same_date_is_not() -> None:
    day = timedelta(days=1)
    once = (an_order(mug=1), StockRanOut(expected_at=MONDAY + day))

    assert 1 == milestones(*once, StockRanOut(expected_at=MONDAY + day)).count("backordered")
    assert 2 == milestones(*once, StockRanOut(expected_at=MONDAY + 2 * day)).count("backordered")


def test_what_was_set_aside_can_turn_out_to_be_missing() -> None:
    facts = story(an_order(mug=2), UnitsAllocated(), UnitsBackordered(units=units({"mug": 1})))

    assert "backordered" == status(*facts)
    assert (1, 1) == (line(facts).backordered, line(facts).allocated)


def test_stock_that_ran_out_does_not_touch_what_was_set_aside() -> None:
    safe = (an_order(mug=1), UnitsAllocated(), StockRanOut())

    assert "processing" == status(*safe)
    assert {"stock.ran_out": "no open unit is concerned"} == why_ignored(*safe)


def test_a_stock_level_moves_no_order() -> None:
    level = (an_order(mug=1), StockCounted(available=0))

    assert "placed" == status(*level)
    assert {"stock.counted": "a stock level moves no order"} == why_ignored(*level)


def test_stock_facts_that_name_no_goods_change_nothing() -> None:
    lost = [
        Event(id=str(what), occurred_at=hours(1), about=ORDER, what=what)
        for what in (StockRanOut(), StockArrived())
    ]

    assert {"it does not say which goods"} == set(why_ignored(an_order(mug=1), *lost).values())


def test_cancelling_before_shipping_cancels_everything_labels_included() -> None:
    assert "cancelled" == status(an_order(mug=1), a_parcel("p1", mug=1), cancel())
    assert "cancelled" == status(an_order(), cancel())
    assert "cancelled" == status(an_order(mug=1), an_order(mug=0), cancel())
    assert ["order_placed", "cancelled"] == milestones(an_order(mug=1), cancel(), cancel())


def test_cancelling_after_a_part_has_shipped_cancels_the_rest() -> None:
    facts = story(an_order(mug=1, bowl=1), scan("p1", "cancelled"), a_parcel("p2", mug=1))
    facts += (at(5, scan("p2", "in_transit")), at(6, cancel()))

    assert "in_transit" == status(*facts)
    assert (0, 1) == (line(facts, "mug").cancelled, line(facts, "bowl").cancelled)


@pytest.mark.parametrize("content", [{"mug": 2}, {}], ids=["known content", "unknown content"])
@pytest.mark.parametrize("what", [cancel(), cancel(mug=1), cancel(mug=2)], ids=str)
def test_what_has_left_the_shop_cannot_be_cancelled(content, what) -> None:
    gone = (an_order(mug=2), a_parcel("p1", **content), scan("p1", "delivered"), what)

    assert "delivered" == status(*gone)
    assert "cancelled" not in milestones(*gone)
    assert 0 == line(story(*gone)).cancelled
    assert ["these units had left the shop, or were cancelled before"] == [
        *why_ignored(*gone).values()
    ]


def test_cancelled_units_are_left_out_of_what_is_waited_for() -> None:
    part = (an_order(mug=2), cancel(mug=1))
    facts = story(*part, a_parcel("p1", mug=1), scan("p1", "delivered"))

    assert ["order_placed", "cancelled"] == milestones(*part)
    assert "delivered" == status(*facts)
    assert "shipped" in milestones(*facts)
    assert (1, 1) == (line(facts).cancelled, line(facts).delivered)


def test_units_with_a_label_can_be_cancelled() -> None:
    facts = story(an_order(mug=1, bowl=1), a_parcel("p1", mug=1, bowl=1), cancel(bowl=1))

    assert 1 == line(facts, "bowl").cancelled
    assert "cancelled" == status(*facts, cancel(mug=1))


def test_cancelling_again_what_is_cancelled_is_not_told_again() -> None:
    twice = (an_order(mug=1, bowl=1), cancel(bowl=1), scan("p1", "in_transit"), cancel())

    assert 1 == milestones(*twice).count("cancelled")


def test_cancelling_part_by_part_ends_in_cancelled() -> None:
    assert ["placed", "cancelled"] == statuses(
        an_order(mug=1, bowl=1), cancel(mug=1), cancel(bowl=1), cancel(bowl=1), cancel(cup=1)
    )


def test_the_latest_statement_of_the_lines_holds() -> None:
    edited = story(an_order(mug=1), an_order(mug=2, bowl=1))

    assert ["mug", "bowl"] == [one.id for one in order(edited).lines]
    assert ["order_placed"] == milestones(*edited)
    assert "delivered" == status(
        *edited, an_order(mug=1), a_parcel("p", mug=1), scan("p", "delivered")
    )


def test_a_statement_of_the_lines_can_be_retracted_all_of_them_cannot() -> None:
    first, second = at(0, an_order(mug=1)), at(1, an_order(mug=2))

    assert 1 == line((first, second, at(2, retract(second)))).quantity
    assert 2 == line((first, second, at(2, retract(second)), at(3, retract(first)))).quantity


def test_without_a_statement_of_the_order_there_is_nothing_to_believe() -> None:
    with pytest.raises(NotAnOrder):
        fold(story(PaymentReceived(), scan("p1", "delivered")))
