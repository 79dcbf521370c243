"""Kept messages are read again: what is told anew finds its order, and what has one stays."""

from hub.pipeline.discard import discard_parked
from hub.store.parking import PARKED
from state_machine.events import Event, OrderKey, StockKey, StockRanOut
from tests.builders import MONDAY, a_parcel, an_order, at, hours
from tests.hub.pipeline.speech import coded, misread, says
from tests.hub.pipeline.test_replay import MOVES, NAMED, PLACED, again, number
from tests.hub.pipeline.world import World


def test_a_scan_whose_number_was_misread_finds_its_order(world: World) -> None:
    world.hears(says(PLACED, NAMED), says(misread(number("JJ1\t", 2), number("JJ1", 2))))
    assert world.outcomes() == ["applied", "parked"]

    again(world)

    assert world.outcomes() == ["applied", "applied"]
    assert world.believes([PLACED, NAMED, number("JJ1", 2)])


def test_a_scan_whose_number_was_misread_waits_under_the_right_one(world: World) -> None:
    world.hears(says(misread(number("JJ8", 2), number("JJ9", 2))))

    again(world)

    assert [row["key"] for row in world.rows(PARKED)] == ["parcel:JJ9"]
    assert world.outcomes() == ["parked"]


def test_a_number_that_was_misread_by_the_shop_brings_waiting_scans_home(world: World) -> None:
    wrong = at(1, a_parcel("f1", "JJ7", mug=1), id="named")
    world.hears(says(PLACED), says(misread(wrong, NAMED)), says(number("JJ1", 2)))

    again(world)

    assert world.outcomes() == ["applied"] * 3
    assert world.believes([PLACED, NAMED, number("JJ1", 2)])


def test_a_scan_stays_with_its_order_though_another_has_the_number_now(world: World) -> None:
    about = OrderKey("kauppa", "1002")
    later = Event(id="later", occurred_at=hours(100), about=about, what=an_order(mug=1))
    names = Event(id="again", occurred_at=hours(101), about=about, what=NAMED.what)
    world.hears(says(PLACED, NAMED), says(number("JJ1", 2)), says(later, names))
    kept = {order: world.timeline(order) for order in (PLACED.about, about)}

    assert again(world).facts_new == 0
    assert {order: world.timeline(order) for order in (PLACED.about, about)} == kept


def test_old_news_about_goods_do_not_reach_the_orders_of_today(world: World) -> None:
    out = Event(id="out", occurred_at=hours(-9), about=StockKey("mug"), what=StockRanOut())
    world.hears(says(at(-8, an_order(bowl=1), id="first")))
    world.hears(says(out))
    world.hears(says(PLACED))

    assert again(world).facts_new == 0
    assert "out" not in world.timeline()


def test_a_scan_that_may_be_of_two_orders_is_asked_about(world: World) -> None:
    """The shop's number was misread, and now two shops claim one."""
    other = OrderKey("puoti", "1")
    theirs = [
        Event(id=f"p{n}", occurred_at=hours(n), about=other, what=fact.what)
        for n, fact in enumerate((PLACED, NAMED))
    ]
    wrong = at(1, a_parcel("f1", "JJ7", mug=1), id="named")
    world.hears(says(PLACED), says(misread(wrong, NAMED)), says(*theirs))
    world.hears(says(misread(number("JJ8", 2), number("JJ1", 2))))
    assert world.outcomes()[-1] == "parked"

    assert again(world).quarantined == 1
    assert world.outcomes()[-1] == "quarantined"
    assert [kind for kind, _ in world.quarantined()] == ["ambiguous"]


def test_senders_that_count_anew_for_every_order_are_told_apart(world: World) -> None:
    """Two orders in one message, whose facts have the same ids; one of them is not known yet."""
    other, third = OrderKey("kauppa", "1002"), OrderKey("kauppa", "1003")
    theirs = [
        Event(id=one.id, occurred_at=one.occurred_at, about=other, what=one.what)
        for one in (PLACED, NAMED, MOVES)
    ]
    orphan = Event(id="moves", occurred_at=hours(2), about=third, what=MOVES.what)
    world.hears(says(PLACED, NAMED, *theirs[:2], theirs[2], misread(orphan, orphan)))
    more = coded("moves", MOVES, shy=True)
    world.hears(says(more))
    world.speech.taught.add("moves")

    sums = again(world)

    assert (sums.facts_new, sums.facts_reworded, sums.facts_taken_off) == (1, 0, 0)
    assert world.timeline(other) == world.timeline() == ["moves", "named", "placed"]
    assert [row["key"] for row in world.rows(PARKED)] == ["order:kauppa:1003"]


def test_a_delivery_that_came_again_is_not_read_in_place_of_the_first(world: World) -> None:
    seen = says(number("JJ1", 2), id="d1")
    assert world.hears(seen, seen) == ["parked", "duplicate"]
    world.store.write_now(lambda c: discard_parked(c, "parcel:JJ1", "not ours", MONDAY))
    world.hears(says(PLACED, NAMED))

    assert again(world).facts_new == 0
    assert world.outcomes() == ["quarantined", "duplicate", "applied"]
