"""Goods that come back: returns, in part and again, refunds with and without, exchanges."""

from state_machine.events import ParcelRef, ReturnMoved, Units
from state_machine.returns import ReturnStage
from tests.builders import (
    a_parcel,
    a_return,
    an_order,
    cancel,
    line,
    milestones,
    order,
    problem,
    promise,
    refund,
    scan,
    status,
    statuses,
    story,
    the_return,
    why_ignored,
)

DELIVERED = (an_order(mug=2), a_parcel("p1", mug=2), scan("p1", "delivered"))


def test_a_return_goes_all_the_way() -> None:
    words = statuses(
        *DELIVERED,
        a_return("r1", "requested", mug=2),
        a_return("r1", "approved"),
        a_return("r1", "label_issued"),
        a_return("r1", "in_transit"),
        a_return("r1", "received"),
        a_return("r1", "inspected", "accepted", mug=2),
        a_return("r1", "refunded"),
        a_return("r1", "closed"),
    )

    assert ["delivered", "return_started", "returned"] == words[2:]


def test_each_step_of_a_return_is_told_once() -> None:
    steps = ["requested", "approved", "label_issued", "received", "refunded"]
    told = milestones(*DELIVERED, *[a_return("r1", step, mug=1) for step in steps])

    assert ["return_started", "return_approved", "return_received", "refund_issued"] == told[-4:]


def test_two_returns_of_one_line_add_up() -> None:
    first = (*DELIVERED, a_return("r1", "received", mug=1))

    assert "partially_returned" == status(*first)
    assert "partially_returned" == status(*first, a_return("r2", "requested", mug=1))
    assert "returned" == status(*first, a_return("r2", "received", mug=1))
    assert 2 == line(story(*first, a_return("r2", "received", mug=2))).returned


def test_units_rejected_at_inspection_stay_with_the_customer() -> None:
    inspected = (*DELIVERED, a_return("r1", "received", mug=2))
    rejected = (*inspected, a_return("r1", "inspected", "rejected", mug=1))

    assert "partially_returned" == status(*rejected)
    assert 1 == line(story(*rejected)).returned
    all_of_them = (*inspected, a_return("r1", "inspected", "rejected"), a_return("r1", "closed"))
    assert "delivered" == status(*all_of_them)


def test_a_return_that_ends_without_goods_leaves_the_order_delivered() -> None:
    asked = (*DELIVERED, a_return("r1", "requested", mug=1))

    for end in ("declined", "cancelled", "expired"):
        assert "delivered" == status(*asked, a_return("r1", end))
    assert "delivered" == status(*DELIVERED, a_return("r1", "closed", mug=1))


def test_goods_that_come_back_after_all_are_counted_whatever_the_stage_says() -> None:
    late = (*DELIVERED, a_return("r1", "expired", mug=2), a_return("r1", "received", mug=2))

    assert "returned" == status(*late)
    assert {} == why_ignored(*late)
    assert order(story(*late)).status_since == story(*late)[-1].occurred_at
    assert "expired" == the_return(story(*late), "r1").stage


def test_a_step_that_does_not_follow_changes_nothing_of_the_return() -> None:
    back = (*DELIVERED, a_return("r1", "closed", mug=1), a_return("r1", "requested", mug=2))

    assert {"return.moved": "requested does not follow closed"} == why_ignored(*back)
    assert (Units("mug", 1),) == the_return(story(*back), "r1").units


def test_a_return_that_names_no_units_means_all_that_was_delivered() -> None:
    assert "returned" == status(*DELIVERED, a_return("r1", "received"))


def test_goods_that_came_back_had_been_delivered_whoever_saw_it() -> None:
    unseen = (an_order(mug=2), a_parcel("p1", more={"trusted": True}, mug=2))
    facts = story(*unseen, a_return("r1", "received", mug=1), a_return("r1", "refunded"))

    assert "partially_returned" == status(*facts)
    assert (1, 1) == (line(facts).delivered, line(facts).returned)
    assert "returned" == status(*unseen, a_return("r1", "received"))


def test_returned_needs_every_unit_of_the_order() -> None:
    half = (an_order(mug=2), a_parcel("p1", mug=1), scan("p1", "delivered"))

    assert "partially_returned" == status(*half, a_return("r1", "received", mug=1))
    assert "returned" == status(*half, a_return("r1", "received", mug=1), cancel(mug=1))


def test_a_refund_without_a_return_changes_no_status() -> None:
    facts = story(*DELIVERED, refund("f1"))

    assert "delivered" == status(*facts)
    assert ["f1"] == [one.id for one in order(facts).refunds]
    assert "refund_issued" in milestones(*facts)


def test_a_refund_before_the_goods_are_back_counts_when_they_are() -> None:
    early = (*DELIVERED, a_return("r1", "in_transit", mug=2), refund("f1", "r1"))

    assert "in_transit" == the_return(story(*early), "r1").stage
    back = story(*early, a_return("r1", "received"))
    assert "refunded" == the_return(back, "r1").stage
    assert 1 == milestones(*back).count("refund_issued")
    assert (
        "refunded"
        == the_return(story(*DELIVERED, refund("f1", "r1"), a_return("r1", "received")), "r1").stage
    )


def test_a_refund_told_by_return_and_by_payment_is_one_refund() -> None:
    both = (*DELIVERED, a_return("r1", "received"), a_return("r1", "refunded"), refund("f1", "r1"))

    assert 1 == milestones(*both).count("refund_issued")


def test_an_exchange_is_told_when_the_replacement_leaves() -> None:
    replacement = a_parcel("p2", more={"exchange_for": "r1"}, mug=2)
    swap = (*DELIVERED, a_return("r1", "received", mug=2), replacement, a_return("r1", "exchanged"))

    assert "exchange_shipped" not in milestones(*swap)
    sent = (*swap, scan("p2", "handed_over"))
    assert "exchange_shipped" in milestones(*sent)
    assert "returned" == status(*sent)


def test_an_exchange_without_a_parcel_is_told_by_the_return() -> None:
    swap = (*DELIVERED, a_return("r1", "received", mug=2), a_return("r1", "exchanged"))

    assert "exchange_shipped" in milestones(*swap)


def test_a_replacement_is_not_a_unit_of_the_order_even_when_scanned_first() -> None:
    early = (an_order(mug=1, bowl=1), a_parcel("p1", mug=1), scan("p1", "delivered"))
    facts = story(*early, scan("p2", "in_transit"), a_parcel("p2", more={"exchange_for": "r1"}))

    assert 0 == line(facts, "bowl").shipped


def test_scans_of_the_return_parcel_move_the_return_not_the_order() -> None:
    label = ReturnMoved(
        return_id="r1", stage=ReturnStage.LABEL_ISSUED, parcel=ParcelRef(id="back", number="JJ9")
    )
    second = a_parcel("back/2", "JJ8", more={"returns": "r1"}, mug=1)
    half = (an_order(mug=2), a_parcel("p1", mug=1), scan("p1", "delivered"), label, second)
    aside = (promise(200, "JJ9"), problem("back", "delayed"), scan("JJ9", "announced"))
    facts = story(*half, *aside, scan("back", "in_transit"), scan("JJ9", "delivered"))

    assert "in_transit" == the_return(facts, "r1").stage
    assert ["p1"] == [one.id for one in order(facts).parcels]
    assert 1 == line(facts).shipped
    assert {"promise.made", "parcel.problem", "parcel.scanned"} == set(why_ignored(*facts))
