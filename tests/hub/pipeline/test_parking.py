"""What waits for its order comes home, whatever it is, and nobody can overlook that it waits."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from hub.pipeline.discard import discard_parked
from hub.queries.audit import audit
from hub.store.tables import ParkedRow, table
from hub.telemetry import REGISTRY
from state_machine.events import Event, OrderKey, ParcelKey, ParcelRef, ParcelScanned
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, a_parcel, an_order, at, hours
from tests.hub.pipeline.speech import coded, customer, says
from tests.hub.pipeline.world import CONTACT, QUARANTINE, World

PARKED = table(ParkedRow)
PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")
THEIRS = OrderKey("toinen", "7")
PICKED = at(1.5, a_parcel("f2", mug=1), id="of an order")


def seen(hour: float) -> Event:
    what = ParcelScanned(parcel=ParcelRef(number="JJ1"), stage=Stage.IN_TRANSIT)
    return Event(id=f"seen {hour}", occurred_at=hours(hour), about=ParcelKey("JJ1"), what=what)


def recheck(world: World) -> int:
    return asyncio.run(world.pipeline.recheck())


def broken(world: World) -> list[str]:
    return [check.name for check in world.store.read_now(audit) if not check.holds]


def slip(world: World, *told: Event | dict[str, Any]) -> None:
    """Let these slip past their order: they wait, and the order becomes known without them."""
    world.hears(says(*told))
    rows = world.rows(PARKED)
    world.store.write_now(lambda c: c.execute(PARKED.delete()))
    world.hears(says(PLACED, NAMED))
    world.store.write_now(lambda c: c.execute(PARKED.insert(), rows))


def test_a_message_that_only_states_a_customer_is_applied_with_the_order(world: World) -> None:
    assert world.hears(says(customer(0, email="a@example.fi"))) == ["parked"]
    assert world.hears(says(PLACED)) == ["applied", "applied"]

    assert [row["email"] for row in world.rows(CONTACT)] == ["a@example.fi"]


@pytest.mark.parametrize(
    "told",
    [(seen(2),), (PICKED,), (customer(0, email="a@example.fi"),), (seen(2), seen(3), PICKED)],
    ids=["a scan", "a fact of the order", "a customer", "several"],
)
def test_what_slipped_past_its_order_is_named_and_brought_home(world: World, told: Any) -> None:
    slip(world, *told)
    waited = len(world.rows(PARKED))
    facts = {one.id for one in told if isinstance(one, Event)}

    assert broken(world) == ["parked_though_known"]
    assert recheck(world) == waited == len(told)
    assert (world.outcomes(), world.rows(PARKED)) == (["applied", "applied"], [])
    assert facts == set(world.timeline()) - {"placed", "named"}
    assert len(world.rows(CONTACT)) == len(told) - len(facts)


def test_the_second_look_calls_for_a_person_and_only_then(world: World) -> None:
    def alerts() -> float:
        name = {"name": "parked_though_known"}
        return REGISTRY.get_sample_value("tilanne_alerts_total", name) or 0.0

    slip(world, seen(2))
    before = alerts()

    assert (recheck(world), alerts()) == (1, before + 1)
    assert (recheck(world), alerts()) == (0, before + 1)


def test_the_second_look_guesses_no_more_than_the_first(world: World) -> None:
    slip(world, seen(2))
    other = [replace(one, id=f"their {one.id}", about=THEIRS) for one in (PLACED, NAMED)]
    (waits,) = world.rows(PARKED)
    world.store.write_now(lambda c: c.execute(PARKED.delete()))
    world.hears(says(*other))
    world.store.write_now(lambda c: c.execute(PARKED.insert(), [waits]))

    assert recheck(world) == 1
    assert world.outcomes() == ["quarantined", "applied", "applied"]
    assert [row["kind"] for row in world.rows(QUARANTINE)] == ["ambiguous"]


def test_what_the_second_look_brought_home_is_believed_and_told_with_the_next_fact(
    world: World,
) -> None:
    slip(world, seen(2))
    recheck(world)
    world.hears(says(at(4, a_parcel("f1", "JJ1", mug=1), id="again")))

    assert world.status() == "in_transit"
    assert [code for code, _ in world.told()].count("shipped") == 1


def test_a_recycled_number_is_no_reason_to_come_home(world: World) -> None:
    old = seen(-24 * 30)
    world.hears(says(old), says(PLACED, NAMED))

    assert recheck(world) == 0
    assert [row["fact_id"] for row in world.rows(PARKED)] == [old.id]


def discard(world: World, key: str) -> int:
    return world.store.write_now(lambda c: discard_parked(c, key, "not ours", MONDAY))


def test_what_is_given_up_ends_as_quarantined_with_the_reason(world: World) -> None:
    world.hears(says(seen(2)), says(seen(3)))

    assert discard(world, "parcel:JJ1") == 2
    assert world.outcomes() == ["quarantined", "quarantined"]
    assert [
        (row["kind"], row["about"], row["discarded_because"]) for row in world.rows(QUARANTINE)
    ] == [("unclaimed", "parcel:JJ1", "not ours")] * 2
    assert discard(world, "parcel:JJ1") == 0


def test_a_delivery_of_which_something_else_waits_goes_on_waiting(world: World) -> None:
    world.hears(says(seen(2), PICKED))

    discard(world, "parcel:JJ1")
    assert world.outcomes() == ["parked"]
    assert world.hears(says(PLACED)) == ["applied", "applied"]


def test_what_was_quarantined_for_another_reason_stays_so(world: World) -> None:
    world.hears(says(seen(2), coded("odd", PLACED)))

    discard(world, "parcel:JJ1")
    assert world.outcomes() == ["quarantined"]
    assert [row["discarded_because"] for row in world.rows(QUARANTINE)] == [None, "not ours"]


def test_what_was_given_up_may_be_told_again(world: World) -> None:
    world.hears(says(seen(2)))
    discard(world, "parcel:JJ1")

    assert world.hears(says(seen(2), id="b")) == ["quarantined", "parked"]
    assert world.hears(says(PLACED, NAMED)) == ["quarantined", "applied", "applied"]


def test_an_audit_sees_one_moment_however_long_it_takes(world: World) -> None:
    world.hears(says(PLACED))

    def meanwhile(_done: int, _all: int) -> None:
        plan = "UPDATE outbox SET planned_at = received_at"
        world.store.write_now(lambda c: c.exec_driver_sql(plan))

    during = world.store.read_now(lambda c: audit(c, meanwhile))
    after = broken(world)
    world.store.write_now(lambda c: c.exec_driver_sql("UPDATE outbox SET planned_at = NULL"))

    assert [check.name for check in during if not check.holds] == []
    assert after == ["milestones_untold"]
