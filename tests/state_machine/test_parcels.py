"""Parcels on their way: what a customer reads while boxes move, wait, turn round or vanish."""

from tests.builders import (
    a_parcel,
    an_order,
    at,
    cancel,
    line,
    milestones,
    order,
    parcel,
    scan,
    status,
    statuses,
    story,
    why_ignored,
)


def test_an_order_goes_all_the_way() -> None:
    words = statuses(
        an_order(mug=2),
        a_parcel("p1", mug=2),
        scan("p1", "handed_over"),
        scan("p1", "in_transit"),
        scan("p1", "out_for_delivery"),
        scan("p1", "delivered", how="door"),
    )

    assert ["placed", "processing", "in_transit", "out_for_delivery", "delivered"] == words


def test_missing_scans_hold_nothing_back_and_are_marked() -> None:
    facts = story(an_order(mug=1), a_parcel("p1", mug=1), scan("p1", "delivered"))

    assert "delivered" == status(*facts)


def test_a_late_scan_does_not_reopen_a_delivered_parcel() -> None:
    late = (an_order(mug=1), scan("p1", "delivered"), scan("p1", "in_transit"))

    assert "delivered" == status(*late)
    assert {"parcel.scanned": "in_transit does not follow delivered"} == why_ignored(*late)


def test_a_split_order_is_partly_shipped_then_partly_delivered() -> None:
    words = statuses(
        an_order(mug=2, bowl=1),
        a_parcel("p1", mug=2),
        scan("p1", "in_transit"),
        scan("p1", "delivered"),
        a_parcel("p2", bowl=1),
        scan("p2", "handed_over"),
        scan("p2", "delivered"),
    )

    assert [
        "placed",
        "processing",
        "partially_shipped",
        "partially_delivered",
        "delivered",
    ] == words


def test_the_slowest_of_the_parcels_is_the_order() -> None:
    both = (an_order(mug=2), a_parcel("p1", mug=1), a_parcel("p2", mug=1))

    assert "in_transit" == status(*both, scan("p1", "out_for_delivery"), scan("p2", "handed_over"))
    # Both are the fourth step: the one that still has to come is named, on every run.
    assert "out_for_delivery" == status(
        *both, scan("p1", "ready_for_pickup"), scan("p2", "out_for_delivery")
    )


def test_a_failed_attempt_goes_back_to_the_depot_and_out_again() -> None:
    words = statuses(
        an_order(mug=1),
        scan("p1", "out_for_delivery"),
        scan("p1", "in_transit"),
        at(26, scan("p1", "out_for_delivery")),
        at(28, scan("p1", "delivered")),
    )

    assert ["placed", "out_for_delivery", "in_transit", "out_for_delivery", "delivered"] == words


def test_a_parcel_nobody_collects_goes_back_to_the_shop() -> None:
    words = statuses(
        an_order(mug=1),
        scan("p1", "ready_for_pickup"),
        scan("p1", "returning_to_sender"),
        scan("p1", "delivered"),
    )

    assert ["placed", "ready_for_pickup", "returning_to_sender", "returned_to_sender"] == words


def test_the_customer_is_told_of_a_parcel_that_came_back_unseen() -> None:
    told = milestones(an_order(mug=1), scan("p1", "in_transit"), scan("p1", "returned_to_sender"))

    assert "returning_to_sender" in told


def test_delivered_to_the_sender_is_not_delivered() -> None:
    facts = (an_order(mug=1), scan("p1", "returning_to_sender"), scan("p1", "delivered"))

    assert "delivered" not in milestones(*facts)
    assert 0 == line(story(*facts)).delivered


def test_a_lost_parcel_puts_the_order_on_hold_until_it_is_sent_again() -> None:
    words = statuses(
        an_order(mug=1),
        a_parcel("p1", mug=1),
        scan("p1", "in_transit"),
        scan("p1", "lost"),
        a_parcel("p2", mug=1),
        scan("p2", "in_transit"),
        scan("p2", "delivered"),
    )

    assert ["in_transit", "on_hold", "processing", "in_transit", "delivered"] == words[2:]


def test_a_lost_parcel_beside_delivered_ones_leaves_the_order_partly_delivered() -> None:
    lost = (an_order(mug=2), a_parcel("p1", mug=1), a_parcel("p2", mug=1), scan("p1", "lost"))

    assert "partially_delivered" == status(*lost, scan("p2", "delivered"))


def test_a_parcel_of_unknown_content_holds_all_that_is_left() -> None:
    known = (an_order(mug=1, bowl=1), a_parcel("p1", mug=1), scan("p1", "delivered"))
    facts = story(*known, a_parcel("p2"), scan("p2", "in_transit"))

    assert "partially_delivered" == status(*facts)
    assert (1, 0) == (line(facts, "bowl").shipped, line(facts, "bowl").delivered)
    assert not parcel(facts, "p2").content_known


def test_of_several_parcels_of_unknown_content_the_slowest_counts() -> None:
    two = (an_order(mug=2), a_parcel("p1"), a_parcel("p2"), scan("p1", "delivered"))

    assert "partially_shipped" == status(*two)
    assert "in_transit" == status(*two, scan("p2", "in_transit"))
    assert "on_hold" == status(*two, scan("p2", "lost"))  # what was in which, nobody knows
    assert "delivered" == status(*two, scan("p2", "delivered"))


def test_what_is_in_a_parcel_counts_from_its_first_scan_whenever_it_is_said() -> None:
    scanned_first = (an_order(mug=1, bowl=1), scan("p1", "in_transit"), a_parcel("p1", mug=1))

    assert "partially_shipped" == status(*scanned_first)
    assert "partially_shipped" in milestones(*scanned_first)
    assert "shipped" not in milestones(*scanned_first)


def test_two_fulfilments_with_one_number_are_one_parcel_with_both_contents() -> None:
    facts = story(
        an_order(mug=1, bowl=1),
        a_parcel("f1", "JJ1", mug=1),
        a_parcel("f2", "JJ1", bowl=1),
        scan("JJ1", "delivered"),
    )

    assert "delivered" == status(*facts)
    assert ["f1"] == [one.id for one in order(facts).parcels]
    assert {"mug", "bowl"} == {one.line for one in parcel(facts, "f1").units}


def test_one_fulfilment_with_two_numbers_is_delivered_when_both_are() -> None:
    together = {"load": "f1"}
    two = (
        an_order(mug=1),
        a_parcel("f1/1", "JJ1", more=together, mug=1),
        a_parcel("f1/2", "JJ2", more=together, mug=1),
        scan("JJ1", "delivered"),
    )

    assert "partially_shipped" == status(*two)
    assert "in_transit" == status(*two, scan("JJ2", "in_transit"))
    assert "on_hold" == status(*two, scan("JJ2", "lost"))
    assert "delivered" == status(*two, scan("JJ2", "delivered"))


def test_a_number_named_later_brings_its_scans_to_the_parcel() -> None:
    facts = story(
        an_order(mug=1),
        a_parcel("f1", mug=1),
        scan("JJ1", "in_transit"),
        a_parcel("f1", "JJ1", mug=1),
    )

    assert "in_transit" == status(*facts)
    assert ["f1"] == [one.id for one in order(facts).parcels]


def test_whatever_shares_an_id_or_a_number_is_one_parcel() -> None:
    facts = story(
        an_order(mug=2),
        a_parcel("f1", mug=1),
        a_parcel("f2", "JJ1", mug=1),
        a_parcel("f1", "JJ1", mug=1),
        scan("JJ1", "delivered"),
    )

    assert 1 == len(order(facts).parcels)
    assert "delivered" == status(*facts)


def test_a_shop_that_is_trusted_has_shipped_when_it_says_so() -> None:
    trusted = (an_order(mug=1), a_parcel("p1", more={"trusted": True}, mug=1))

    assert "in_transit" == status(*trusted)
    assert "delivered" == status(*trusted, scan("p1", "delivered"))
    assert "processing" == status(an_order(mug=1), a_parcel("p1", mug=1))


def test_a_label_that_is_voided_gives_its_units_back() -> None:
    void = (an_order(mug=1), a_parcel("p1", mug=1), scan("p1", "cancelled"))

    assert "processing" == status(*void)
    assert "cancelled" == status(*void, cancel())
    assert "in_transit" == status(*void, a_parcel("p2", mug=1), scan("p2", "handed_over"))


def test_an_order_without_lines_follows_its_parcels() -> None:
    words = statuses(an_order(), a_parcel("p1"), scan("p1", "in_transit"), scan("p1", "delivered"))

    assert ["placed", "processing", "in_transit", "delivered"] == words
    assert () == order(story(an_order(), scan("p1", "delivered"))).lines
