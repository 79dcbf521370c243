"""What a customer hears while facts arrive late, twice, in any order, and are taken back."""

from state_machine.changes import changes
from state_machine.events import StockRanOut
from state_machine.fold import fold
from state_machine.milestones import Told
from state_machine.order import Outcome
from tests.builders import (
    Customer,
    a_parcel,
    a_return,
    an_order,
    at,
    hours,
    problem,
    promise,
    refund,
    retract,
    scan,
    story,
)


def test_a_customer_hears_of_each_step_once() -> None:
    customer = Customer()

    assert ["order_placed"] == customer.hears(an_order(mug=1))
    assert [] == customer.hears(a_parcel("p1", mug=1))
    assert ["shipped"] == customer.hears(scan("p1", "handed_over"))
    assert ["first_in_transit"] == customer.hears(scan("p1", "in_transit"))
    assert [] == customer.hears(scan("p1", "in_transit"))
    assert ["delivered"] == customer.hears(scan("p1", "delivered"))


def test_a_history_that_arrives_at_once_is_told_by_its_end() -> None:
    customer = Customer()
    way = [scan("p1", stage) for stage in ("handed_over", "in_transit", "delivered")]

    assert ["order_placed", "delivered"] == customer.hears(an_order(mug=1), *way)
    silent = {str(c.milestone.code): c.silent for c in customer.ledger.values() if c.silent}
    assert {"shipped", "first_in_transit"} == set(silent)
    assert {"no news any more: delivered"} == set(silent.values())


def test_a_late_scan_of_an_earlier_day_is_no_news() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1), at(30, scan("p1", "out_for_delivery")))

    assert [] == customer.hears(at(4, scan("p1", "out_for_delivery")))


def test_a_delay_that_was_overtaken_by_another_is_no_news() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1), at(1, promise(48, "p1")), at(9, promise(96, "p1")))

    assert [] == customer.hears(at(5, promise(72, "p1")))


def test_a_delivery_that_was_not_one_is_corrected_and_the_true_one_told() -> None:
    customer, wrong = Customer(), at(3, scan("p1", "delivered"))
    customer.hears(an_order(mug=1), scan("p1", "in_transit"))

    assert ["delivered"] == customer.hears(wrong)
    assert ["correction"] == customer.hears(retract(wrong))
    assert [(Told.DELIVERED, "parcel:p1", "")] == [
        change.corrects for change in customer.ledger.values() if change.corrects
    ]
    assert ["delivered"] == customer.hears(at(30, scan("p1", "delivered")))


def test_what_was_wrong_is_taken_back_before_what_holds_instead_is_told() -> None:
    customer, wrong = Customer(), at(5, scan("p1", "delivered"))
    customer.hears(an_order(mug=1), scan("p1", "in_transit"), wrong)

    both = (at(3, scan("p1", "out_for_delivery")), retract(wrong))
    assert ["correction", "out_for_delivery"] == customer.hears(*both)


def test_a_hand_over_that_was_not_one_is_corrected_and_the_true_one_told() -> None:
    customer, wrong = Customer(), at(3, scan("p1", "handed_over"))
    customer.hears(an_order(mug=1), a_parcel("p1", mug=1))

    assert ["shipped"] == customer.hears(wrong)
    assert ["correction"] == customer.hears(retract(wrong))
    assert ["shipped"] == customer.hears(at(30, scan("p1", "handed_over")))


def test_a_loss_that_was_not_one_can_be_told_again_when_it_is() -> None:
    customer, wrong = Customer(), at(3, scan("p1", "lost"))
    customer.hears(an_order(mug=1), scan("p1", "in_transit"), wrong)

    assert ["correction"] == customer.hears(retract(wrong))
    assert ["lost_or_damaged"] == customer.hears(at(30, scan("p1", "lost")))


def test_a_day_on_the_road_known_twice_survives_the_retraction_of_one() -> None:
    customer, wrong = Customer(), at(3, scan("p1", "out_for_delivery"))
    customer.hears(an_order(mug=1), wrong, at(4, scan("p1", "out_for_delivery")))

    assert [] == customer.hears(retract(wrong))
    moved = at(30, scan("p1", "out_for_delivery"))
    assert ["out_for_delivery"] == customer.hears(moved, retract(customer.facts[2]))


def test_a_delivery_known_twice_survives_the_retraction_of_one() -> None:
    customer, wrong = Customer(), at(3, scan("p1", "delivered"))
    customer.hears(an_order(mug=1), wrong, at(4, scan("p1", "delivered")))

    assert [] == customer.hears(retract(wrong))


def test_a_retraction_may_arrive_before_its_fact() -> None:
    customer, wrong = Customer(), at(3, scan("p1", "delivered"))

    assert ["order_placed"] == customer.hears(an_order(mug=1), retract(wrong))
    assert [] == customer.hears(wrong)
    assert Outcome.RETRACTED in {effect.outcome for effect in fold(customer.facts).effects}


def test_what_is_overtaken_needs_no_correction() -> None:
    customer, wrong = Customer(), at(3, scan("p1", "out_for_delivery"))
    customer.hears(an_order(mug=1), wrong)
    customer.hears(at(5, scan("p1", "delivered")))

    assert [] == customer.hears(retract(wrong))


def test_partly_shipped_that_turns_out_to_be_shipped_is_not_told_in_other_words() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1, bowl=1), a_parcel("p1", mug=1))

    assert ["partially_shipped"] == customer.hears(at(5, scan("p1", "handed_over")))
    assert [] == customer.hears(at(4, an_order(mug=1)))


def test_a_parcel_that_gets_its_name_late_is_not_told_again() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1), a_parcel("f1", mug=1))

    assert ["partially_shipped"] == customer.hears(scan("JJ1", "handed_over"))
    assert [] == customer.hears(a_parcel("f1", "JJ1", mug=1))
    assert ["out_for_delivery"] == customer.hears(scan("JJ1", "out_for_delivery"))


def test_an_earlier_fulfilment_of_the_same_number_is_not_told_again() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1, bowl=1), at(5, a_parcel("f2", "JJ1", mug=1)))

    assert ["partially_shipped"] == customer.hears(at(6, scan("JJ1", "handed_over")))
    assert [] == customer.hears(at(4, a_parcel("f1", "JJ1", bowl=1)))


def test_a_date_that_was_wrong_is_corrected_by_the_right_one() -> None:
    customer, wrong = Customer(), at(1, StockRanOut(expected_at=hours(100)))
    customer.hears(an_order(mug=1))

    assert ["backordered"] == customer.hears(wrong)
    assert ["backordered"] == customer.hears(retract(wrong), StockRanOut(expected_at=hours(200)))


def test_a_refund_told_by_the_return_is_not_told_by_the_payment_again() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1), scan("p1", "delivered"), a_return("r1", "received"))

    assert ["refund_issued"] == customer.hears(a_return("r1", "refunded"))
    assert [] == customer.hears(refund("f1", "r1"))


def test_a_problem_solved_by_time_is_still_told_while_it_matters() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1), scan("p1", "in_transit"))

    assert ["action_required"] == customer.hears(problem("p1", "address_problem"))


def test_equal_beliefs_have_no_changes() -> None:
    belief = fold(story(an_order(mug=1), scan("p1", "delivered")))

    assert () == changes([milestone.key for milestone in belief.milestones], belief)
