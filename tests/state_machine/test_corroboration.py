"""The same happening told by push, by poll and by an aggregator: one milestone, one notice."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from state_machine.events import (
    Event,
    ParcelScanned,
    ParcelSeen,
    ProblemReported,
    ProblemResolved,
    PromiseMade,
    What,
)
from state_machine.fold import fold
from state_machine.order import Outcome
from tests.builders import Customer, a_parcel, an_order, at, parcel, problem, promise, scan
from tests.state_machine.histories import plausible

many = settings(max_examples=max(400, settings.default.max_examples))
SPOKEN = (ParcelScanned, ParcelSeen, ProblemReported, ProblemResolved, PromiseMade)
minutes = st.integers(-80, 80).filter(bool)


def again(fact: Event, shift: int, teller: str = "poll") -> Event:
    """The same happening, as somebody else tells it so many minutes off."""
    when = fact.occurred_at + timedelta(minutes=shift)
    return replace(fact, id=f"{teller}:{fact.id}"[:255], occurred_at=when)


@st.composite
def corroborated(draw: st.DrawFn) -> tuple[list[Event], Event]:
    """A history whose facts lie three hours apart, and one about a parcel told once more."""
    off = timedelta(minutes=draw(st.integers(0, 24 * 60)))
    history = [replace(fact, occurred_at=fact.occurred_at + off) for fact in draw(plausible())]
    gone = {one.fact for one in fold(history).effects if one.outcome is Outcome.RETRACTED}
    spoken = [fact for fact in history if isinstance(fact.what, SPOKEN) and fact.id not in gone]
    assume(spoken)
    return history, again(draw(st.sampled_from(spoken)), draw(minutes))


@many
@given(corroborated())
def test_nobody_hears_twice_of_what_somebody_else_tells_too(told) -> None:
    history, copy = told
    customer = Customer()
    customer.hears(*history)

    assert [] == customer.hears(copy)
    assert len(Customer().hears(*history)) == len(Customer().hears(*history, copy))


@pytest.mark.parametrize("told", [*permutations([0, 3, -3])])
@pytest.mark.parametrize(
    "stage", ["in_transit", "out_for_delivery", "ready_for_pickup", "delivered"]
)
def test_three_tellers_of_one_scan_make_one_milestone(told: tuple[int, ...], stage: str) -> None:
    customer, fact = Customer(), at(5, scan("p1", stage))
    customer.hears(an_order(mug=1), a_parcel("p1", mug=1), scan("p1", "handed_over"))
    heard = [customer.hears(again(fact, shift, f"teller {shift}")) for shift in told]

    code = stage.replace("in_transit", "first_in_transit")
    assert [[code], [], []] == heard
    story = [effect for effect in fold(customer.facts).effects if "teller" in effect.fact]
    why = f"says again that the parcel is {stage}"
    assert ["", why, why] == [effect.why for effect in story]
    assert [Outcome.IGNORED] * 2 == [effect.outcome for effect in story[1:]]


#: eight in the morning, when the story begins, and sixteen hours more
MIDNIGHT = 16


@pytest.mark.parametrize("shift", [-20, 20])
@pytest.mark.parametrize(
    "code, what",
    [
        ("out_for_delivery", scan("p1", "out_for_delivery")),
        ("delivery_attempt_failed", problem("p1", "attempt_failed")),
        ("action_required", problem("p1", "address_problem")),
        ("delayed", problem("p1", "weather")),
    ],
)
def test_midnight_makes_no_second_happening(code: str, what: What, shift: int) -> None:
    customer, fact = Customer(), at(MIDNIGHT - shift / 120, what)
    customer.hears(an_order(mug=1), scan("p1", "in_transit"))

    assert [code] == customer.hears(fact)
    assert [] == customer.hears(again(fact, shift))
    assert [] == customer.hears(again(fact, shift * 2, "aggregator"))


def test_another_day_is_another_try() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1), scan("p1", "in_transit"))
    tries = (scan("p1", "out_for_delivery"), problem("p1", "attempt_failed"))
    told = [customer.hears(at(hour, what)) for hour in (14, 26) for what in tries]

    assert [["out_for_delivery"], ["delivery_attempt_failed"]] * 2 == told


def test_tries_that_turn_out_to_be_one_are_not_corrected() -> None:
    customer, first, later = Customer(), *(at(h, scan("p1", "out_for_delivery")) for h in (12, 22))
    customer.hears(an_order(mug=1), scan("p1", "in_transit"))

    assert [["out_for_delivery"]] * 2 == [customer.hears(first), customer.hears(later)]
    assert [] == customer.hears(at(17, scan("p1", "out_for_delivery")))


def test_who_adds_something_does_not_only_say_it_again() -> None:
    customer = Customer()
    customer.hears(an_order(mug=1), at(1, scan("p1", "delivered")))
    customer.hears(at(1.05, scan("p1", "delivered", place="Tampere")), at(2, promise(9)))
    customer.hears(at(3, promise(9)))

    effects = {effect.fact: effect.why for effect in fold(customer.facts).effects}
    assert ["", "", "", "", "says again what is promised"] == list(effects.values())
    assert "Tampere" == parcel(tuple(customer.facts), "p1").place
