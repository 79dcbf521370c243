"""A fact finds its order or waits for it, and every message ends in one of four ways."""

import pytest

from hub.pipeline import quarantine
from state_machine.events import (
    Event,
    OrderKey,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
    PaymentReceived,
    StockKey,
    StockRanOut,
)
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, a_parcel, an_order, at, hours
from tests.hub.pipeline.speech import coded, customer, says
from tests.hub.pipeline.world import BELIEF, CONTACT, QUARANTINE, World

PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")


def seen(number: str, hour: float, stage: str = "in_transit") -> Event:
    """A carrier's scan: it knows the number, and nothing of orders."""
    what = ParcelScanned(parcel=ParcelRef(number=number), stage=Stage(stage))
    about = ParcelKey(number)
    return Event(id=f"{number} {hour} {stage}", occurred_at=hours(hour), about=about, what=what)


def of(order: str, fact: Event) -> Event:
    """The same fact, of another order."""
    return Event(
        id=f"{order} {fact.id}",
        occurred_at=fact.occurred_at,
        about=OrderKey("kauppa", order),
        what=fact.what,
    )


def ran_out(hour: float, shop: str | None = None) -> Event:
    about = StockKey("mug", shop=shop)
    return Event(id=f"out {hour}", occurred_at=hours(hour), about=about, what=StockRanOut())


def test_a_scan_waits_until_the_shop_names_the_parcel(world: World) -> None:
    assert world.hears(says(seen("JJ1", 2))) == ["parked"]
    assert world.hears(says(PLACED)) == ["parked", "applied"]
    assert world.hears(says(NAMED)) == ["applied"] * 3

    assert world.status() == "in_transit"


def test_a_scan_that_waits_already_is_a_duplicate(world: World) -> None:
    twice = says(seen("JJ1", 2), id="a"), says(seen("JJ1", 2), id="b")

    assert world.hears(*twice) == ["parked", "duplicate"]
    assert world.hears(says(PLACED, NAMED)) == ["applied", "duplicate", "applied"]


def test_systems_hear_of_a_status_that_no_milestone_brought(world: World) -> None:
    paid = at(1, PaymentReceived(), id="paid")
    world.hears(says(PLACED))
    world.hears(says(paid), says(paid, id="again"))

    assert world.status() == "processing"
    assert world.told() == [("order_placed", None), ("status_changed", None)]


def test_a_milestone_is_written_down_once_for_the_life_of_the_order(world: World) -> None:
    world.hears(says(PLACED, NAMED))
    world.store.write_now(lambda c: c.execute(BELIEF.update().values(milestones="[]")))
    world.begin()
    world.hears(says(seen("JJ1", 2)))

    assert [code for code, _ in world.told()] == ["order_placed", "shipped", "first_in_transit"]


def test_facts_wait_for_their_order_and_so_does_its_customer(world: World) -> None:
    early = says(NAMED, customer(1, email="Aino@Esimerkki.example"))

    assert world.hears(early, says(seen("JJ1", 2))) == ["parked", "parked"]
    assert world.hears(says(PLACED)) == ["applied"] * 3

    assert world.status() == "in_transit"
    assert [row["email"] for row in world.rows(CONTACT)] == ["aino@esimerkki.example"]


def test_all_in_one_batch_and_the_wrong_way_round_is_the_same(world: World) -> None:
    messages = (says(seen("JJ1", 2)), says(NAMED), says(PLACED))

    assert world.hears(*messages) == ["applied"] * 3
    assert world.believes([PLACED, NAMED, seen("JJ1", 2)])


def test_a_recycled_number_belongs_to_the_parcel_of_its_time(world: World) -> None:
    later = 24 * 200
    again = Event(
        id="again",
        occurred_at=hours(later),
        about=OrderKey("kauppa", "2002"),
        what=a_parcel("f9", "JJ1", mug=1),
    )
    world.hears(says(PLACED, NAMED, of("2002", PLACED), again))
    world.hears(says(seen("JJ1", 5, "delivered")), says(seen("JJ1", later + 5)))

    assert world.status() == "delivered"
    assert world.status(OrderKey("kauppa", "2002")) == "in_transit"


def test_a_code_nobody_taught_waits_while_the_rest_is_applied(world: World) -> None:
    message = says(PLACED, coded("status=reshelved", NAMED))

    assert world.hears(message) == ["quarantined"]
    assert world.quarantined() == [("unmapped", "status=reshelved")]
    assert world.timeline() == ["placed"]


def test_what_cannot_be_read_waits_as_a_whole(world: World) -> None:
    assert world.hears(b"<xml/>", says(PLACED)) == ["quarantined", "applied"]
    assert world.quarantined() == [("unreadable", "/")]


def test_a_bug_of_ours_holds_up_one_message_and_no_other(world: World) -> None:
    messages = [says(PLACED), says({"bug": "division by zero"}), says(NAMED), says(seen("JJ1", 3))]

    assert world.hears(*messages) == ["applied", "quarantined", "applied", "applied"]
    assert world.quarantined() == [("error", "RuntimeError")]
    assert world.believes([PLACED, NAMED, seen("JJ1", 3)])


def test_a_message_that_comes_again_is_a_duplicate(world: World) -> None:
    assert world.hears(says(PLACED), says(PLACED)) == ["applied", "duplicate"]
    assert world.hears(says(PLACED)) == ["applied", "duplicate", "duplicate"]
    assert [code for code, _ in world.told()] == ["order_placed"]


def test_an_id_that_comes_again_with_another_body_is_a_conflict(world: World) -> None:
    assert world.hears(says(PLACED, id="7"), says(NAMED, id="7")) == ["applied", "quarantined"]
    assert world.quarantined() == [("conflict", "7")]
    assert world.timeline() == ["placed"]


def test_another_message_with_known_facts_adds_nothing(world: World) -> None:
    assert world.hears(says(PLACED, NAMED)) == ["applied"]
    assert world.hears(says(NAMED, PLACED)) == ["applied", "duplicate"]

    version = world.order()["status_since"]
    assert world.hears(says(NAMED, seen("JJ1", 3))) == ["applied", "duplicate", "applied"]
    assert world.timeline() == sorted(["placed", "named", "JJ1 3 in_transit"])
    assert version != world.order()["status_since"]


def test_of_a_fact_told_twice_in_one_batch_the_first_telling_is_kept(world: World) -> None:
    other = Event(id="named", occurred_at=hours(0.5), about=NAMED.about, what=NAMED.what)
    world.hears(says(PLACED))
    world.hears(says(NAMED), says(other, PLACED))

    assert world.believes([PLACED, NAMED])


@pytest.mark.parametrize("shop, status", [(None, "backordered"), ("toinen", "placed")])
def test_goods_that_run_out_reach_the_orders_that_wait_for_them(
    world: World, shop: str | None, status: str
) -> None:
    world.hears(says(PLACED))

    assert world.hears(says(ran_out(1, shop))) == ["applied", "applied"]
    assert world.status() == status
    world.hears(says(of("2002", at(2, an_order(mug=1), id="born later"))))
    assert world.status(OrderKey("kauppa", "2002")) == status


def test_goods_an_order_does_not_wait_for_any_more_do_not_reach_it(world: World) -> None:
    world.hears(says(PLACED))
    world.hears(says(at(1, an_order(bowl=1), id="other goods")))
    world.hears(says(ran_out(2)))

    assert "other goods" in world.timeline()
    assert ran_out(2).id not in world.timeline()


def test_the_latest_statement_of_a_customer_holds_and_gaps_erase_nothing(world: World) -> None:
    world.hears(says(PLACED, customer(2, name="Aino", phone="040 123 4567", email="a@b.example")))
    world.hears(
        says(customer(3, email="uusi@b.example")), says(customer(1, email="vanha@b.example"))
    )

    row = world.rows(CONTACT)[0]
    assert (row["name"], row["phone"], row["email"]) == ("Aino", "+358401234567", "uusi@b.example")


def test_what_was_quarantined_is_applied_after_the_fix(world: World) -> None:
    world.hears(says(PLACED, coded("status=named", NAMED)))
    world.speech.taught.add("status=named")
    held = [row["raw_id"] for row in world.rows(QUARANTINE)]
    world.store.write_now(lambda c: quarantine.release(c, held, MONDAY))
    world.work()

    assert world.outcomes() == ["applied"]
    assert world.timeline() == ["named", "placed"]
