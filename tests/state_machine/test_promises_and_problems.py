"""Delivery windows kept, moved and broken; what is in a parcel's way, and what time makes true."""

from datetime import datetime, timedelta

import pytest

from state_machine.events import Event, ParcelSeen, ProblemResolved, PromiseMade, What
from state_machine.fold import fold
from state_machine.order import Order
from state_machine.promises import GRACE, next_deadline, next_step, overdue
from tests.builders import (
    a_parcel,
    a_return,
    an_order,
    at,
    hours,
    milestones,
    order,
    parcel,
    problem,
    promise,
    ref,
    scan,
    status,
    story,
    the_return,
    why_ignored,
)

SENT = (an_order(mug=1), a_parcel("p1", mug=1), scan("p1", "in_transit"))


def delays(*told: What | Event) -> list[str]:
    return [m.revision for m in fold(story(*told)).milestones if m.code == "delayed"]


def after(facts: tuple[Event, ...], now: datetime) -> tuple[Event, ...]:
    """What is known when time has passed and the scheduler has looked."""
    return (*facts, *overdue(order(facts), now))


def test_a_promise_moved_later_is_a_delay_once_per_new_date() -> None:
    told = (*SENT, promise(48, "p1"), promise(72, "p1"), promise(72, "p1"), promise(73, "p1"))

    assert ["until:2026-11-05"] == delays(*told)
    assert 3 == parcel(story(*told), "p1").promise.revision
    assert ["until:2026-11-05", "until:2026-11-06"] == delays(*told, promise(96, "p1"))


def test_a_promise_moved_earlier_is_no_delay() -> None:
    assert [] == delays(*SENT, promise(72, "p1"), promise(48, "p1"))


def test_one_moment_in_two_zones_is_one_promise() -> None:
    helsinki = datetime.fromisoformat("2026-11-06T01:00:00+02:00")
    moved = PromiseMade(latest=helsinki, parcel=ref("p1"))

    assert ["until:2026-11-05"] == delays(*SENT, promise(24, "p1"), moved, promise(87, "p1"))


@pytest.mark.parametrize("owner", ["p1", None])
def test_a_promise_breaks_when_its_grace_is_over_and_is_told_once(owner) -> None:
    facts = story(*SENT, promise(48, owner))
    latest = hours(48) + GRACE

    assert latest == next_deadline(order(facts))
    assert facts == after(facts, latest - timedelta(seconds=1))
    broken = after(facts, latest)
    assert ["broken:2026-11-04"] == delays(*broken)
    assert broken == after(broken, hours(500))
    assert order(broken).promise.broken


def test_a_broken_promise_is_a_problem_of_its_parcel_until_it_moves() -> None:
    broken = after(story(*SENT, promise(48, "p1")), hours(60))

    assert "delayed" == parcel(broken, "p1").problem.reason
    assert None is parcel((*broken, at(61, scan("p1", "in_transit"))), "p1").problem


def test_a_promise_is_kept_by_a_delivery_that_is_told_too_late() -> None:
    broken = after(story(*SENT, promise(48, "p1")), hours(60))
    kept = (*broken, at(47, scan("p1", "ready_for_pickup")))

    assert [] == delays(*kept)
    assert not parcel(kept, "p1").promise.broken
    assert {"promise.broken": "the parcel is already ready_for_pickup"} == why_ignored(*kept)


def test_a_new_promise_after_a_broken_one_can_break_again() -> None:
    again = (*after(story(*SENT, promise(48, "p1")), hours(60)), at(61, promise(96, "p1")))

    assert ["broken:2026-11-04", "until:2026-11-06", "broken:2026-11-06"] == delays(
        *after(again, hours(100))
    )


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([at(90, promise(48, "p1"))], id="promised when it had passed"),
        pytest.param(
            [
                at(3, promise(48, "p1")),
                at(60, PromiseMade(latest=hours(48), earliest=hours(40), parcel=ref("p1"))),
            ],
            id="promised again when it was broken",
        ),
        pytest.param(
            [
                at(24, scan("p1", "ready_for_pickup")),
                at(120, scan("p1", "ready_for_pickup", keep_until=hours(150))),
            ],
            id="the end of waiting is named late",
        ),
        pytest.param(
            [
                at(24, scan("p1", "ready_for_pickup", keep_until=hours(300))),
                at(130, scan("p1", "ready_for_pickup", keep_until=hours(150))),
            ],
            id="the end of waiting comes nearer",
        ),
    ],
)
def test_the_scheduler_comes_to_rest(told) -> None:
    now = hours(149)
    once = after(story(*SENT, *told), now)

    assert () == tuple(overdue(order(after(once, now)), now))


def test_a_parcel_that_waits_is_reminded_of_once_and_again_when_it_waits_longer() -> None:
    waits = story(*SENT, at(24, scan("p1", "ready_for_pickup", keep_until=hours(150))))
    reminded = after(waits, hours(110))

    assert "pickup_reminder" in milestones(*reminded)
    assert parcel(reminded, "p1").reminded
    assert reminded == after(reminded, hours(120))
    longer = (*reminded, at(121, scan("p1", "ready_for_pickup", keep_until=hours(250))))
    assert not parcel(longer, "p1").reminded
    assert 2 == milestones(*after(longer, hours(210))).count("pickup_reminder")


def test_what_is_over_has_no_deadlines() -> None:
    delivered = story(*SENT, promise(48, "p1"), promise(49), scan("p1", "delivered"))

    assert None is next_deadline(order(delivered))


def test_a_replacement_has_deadlines_though_the_order_is_delivered() -> None:
    replacement = a_parcel("p2", more={"exchange_for": "r1"})
    swap = story(*SENT, scan("p1", "delivered"), replacement, promise(48, "p2"))

    assert hours(50) == next_deadline(order(swap))


def test_a_return_says_what_it_waits_for() -> None:
    asked = story(*SENT, scan("p1", "delivered"), a_return("r1", "requested"))

    assert ("approve", hours(28)) == (
        next_step(the_return(asked, "r1")).what,
        next_step(the_return(asked, "r1")).due,
    )
    assert None is next_step(the_return((*asked, at(9, a_return("r1", "declined"))), "r1"))


def test_a_problem_stands_beside_the_stage_until_the_parcel_moves_on() -> None:
    stuck = (*SENT, problem("p1", "weather"))
    believed = parcel(story(*stuck), "p1")

    assert ("in_transit", "weather", "weather") == (
        believed.stage,
        believed.problem.reason,
        believed.problem.blame,
    )
    assert None is parcel(story(*stuck, scan("p1", "out_for_delivery")), "p1").problem
    assert None is parcel(story(*stuck, ProblemResolved(parcel=ref("p1"))), "p1").problem


def test_going_back_to_the_depot_does_not_close_a_failed_attempt() -> None:
    missed = (*SENT, scan("p1", "out_for_delivery"), problem("p1", "attempt_failed"))
    depot = (*missed, scan("p1", "in_transit"))

    assert "attempt_failed" == parcel(story(*depot), "p1").problem.reason
    assert None is parcel(story(*depot, scan("p1", "out_for_delivery")), "p1").problem
    assert 2 == milestones(*depot, at(30, problem("p1", "attempt_failed"))).count(
        "delivery_attempt_failed"
    )


def test_who_must_act_is_told_and_the_same_trouble_only_once() -> None:
    customs = problem("p1", "customs_hold", action_required=True)

    assert 1 == milestones(*SENT, customs, at(40, customs)).count("action_required")
    assert "action_required" not in milestones(*SENT, problem("p1", "customs_hold"))
    assert "action_required" in milestones(*SENT, problem("p1", "address_problem"))


def test_a_damaged_parcel_is_told_even_when_it_is_delivered() -> None:
    arrived = (*SENT, scan("p1", "delivered"))

    assert "lost_or_damaged" in milestones(*arrived, problem("p1", "damaged"))
    assert {"parcel.problem": "the parcel is already delivered"} == why_ignored(
        *arrived, problem("p1", "delayed")
    )


def test_a_refused_parcel_goes_back() -> None:
    assert "returning_to_sender" == status(
        *SENT, problem("p1", "refused"), scan("p1", "returning_to_sender")
    )


def test_a_fact_that_fits_nowhere_changes_nothing_but_the_effects() -> None:
    nothing = (ProblemResolved(parcel=ref("p9")), ParcelSeen(parcel=ref("p9")))
    before: Order = order(story(*SENT))

    assert before == order(story(*SENT, *nothing))
    assert ["parcel.resolved", "parcel.seen"] == [*why_ignored(*SENT, *nothing)]
