"""Each change becomes one notice per channel and recipient, or a written reason."""

import asyncio

import pytest

from hub.config import Settings, Shop, Sink
from tests.hub.notify.world import SECRET, World

SINKS = (
    Sink(name="kassa", url="http://127.0.0.1:9/hook", secret=SECRET),
    Sink(name="muu", url="http://127.0.0.1:9/hook", secret=SECRET, shops=frozenset({"toinen"})),
)


def planned(world: World, settings: Settings | None = None) -> list[tuple[str, str, str, str]]:
    from hub.notify.planning import plan

    house = world.dispatcher(settings)._house
    world.store.write_now(lambda c: plan(c, house, world.now))
    return [(n.channel, n.recipient, n.state, n.reason or "") for n in world.notices()]


def test_a_change_is_due_for_the_customer_and_for_every_sink_of_the_shop(world: World) -> None:
    world.add_order()
    world.tell("shipped")

    assert [("email", "c-o1", "due", ""), ("webhook", "kassa", "due", "")] == planned(
        world, Settings(sinks=SINKS)
    )


def test_planning_twice_gives_one_notice(world: World) -> None:
    from sqlalchemy import update

    from hub.store.outbox import OUTBOX

    world.add_order()
    world.tell("shipped")
    planned(world)
    world.run(update(OUTBOX).values(planned_at=None))

    assert [("email", "c-o1", "due", "")] == planned(world)


def test_a_silent_change_keeps_its_reason(world: World) -> None:
    world.add_order()
    world.tell("shipped", silent="no news any more: delivered")

    assert [
        ("email", "c-o1", "suppressed", "no news any more: delivered"),
        ("webhook", "kassa", "suppressed", "no news any more: delivered"),
    ] == planned(world, Settings(sinks=SINKS))


def test_what_happened_long_ago_is_not_told(world: World) -> None:
    from datetime import timedelta

    world.add_order()
    world.tell("delivered", occurred_at=world.now - timedelta(hours=169))

    assert [("email", "c-o1", "suppressed", "too old: happened 2026-11-16 08:00 UTC")] == planned(
        world
    )


def test_a_correction_is_news_however_old_the_state_it_goes_back_to(world: World) -> None:
    from datetime import timedelta

    world.add_order()
    world.tell("delivered")
    asyncio.run(world.dispatcher().step())
    world.correct("delivered")
    from sqlalchemy import update

    from hub.store.outbox import OUTBOX

    long_ago = world.now - timedelta(days=30)
    world.run(update(OUTBOX).where(OUTBOX.c.id == 2).values(occurred_at=long_ago))

    assert ("email", "c-o1", "due", "") == planned(world)[-1]


def test_a_correction_of_what_was_never_told_waits_for_nothing(world: World) -> None:
    world.add_order()
    world.tell("delivered")
    world.correct("delivered")

    assert [
        ("email", "c-o1", "suppressed", "withdrawn"),
        ("email", "c-o1", "suppressed", "never told of what is corrected"),
    ] == planned(world)


def test_a_customer_hears_of_the_first_scan_with_shipped_and_a_sink_hears_of_it(
    world: World,
) -> None:
    world.add_order()
    world.tell("first_in_transit")

    assert [
        ("email", "c-o1", "suppressed", "said with shipped"),
        ("webhook", "kassa", "due", ""),
    ] == planned(world, Settings(sinks=SINKS))


def test_a_customer_without_an_address_is_not_forgotten_silently(world: World) -> None:
    world.add_order(email=None)
    world.tell("shipped")

    assert [("email", "customer", "suppressed", "no e-mail address known")] == planned(world)


@pytest.mark.parametrize(
    "milestone, email, unheard",
    [("shipped", None, 1), ("shipped", "maija@example.fi", 0), ("status_changed", None, 0)],
)
def test_who_should_hear_and_cannot_is_an_alert(
    world: World, milestone: str, email: str | None, unheard: int
) -> None:
    from hub.notify.planning import plan

    world.add_order(email=email)
    world.tell(milestone)
    house = world.dispatcher()._house

    assert unheard == world.store.write_now(lambda c: plan(c, house, world.now)).unheard


def test_an_address_that_comes_later_is_written_to(world: World) -> None:
    from sqlalchemy import update

    from hub.store.outbox import BELIEF

    world.add_order(email=None)
    world.tell("shipped")
    dispatcher = world.dispatcher()
    asyncio.run(dispatcher.step())
    world.add_contact("c9", email="maija@example.fi", language="sv-FI")
    world.run(update(BELIEF).values(contact_id="c9"))
    world.later(seconds=11)
    asyncio.run(dispatcher.step())

    assert [("shipped", "sent", None)] == world.states()
    assert [("c9", "sv")] == [(n.recipient, n.language) for n in world.notices()]


def test_an_address_that_comes_too_late_changes_nothing(world: World) -> None:
    from sqlalchemy import update

    from hub.store.outbox import BELIEF

    world.add_order(email=None)
    world.tell("shipped")
    dispatcher = world.dispatcher()
    asyncio.run(dispatcher.step())
    world.add_contact("c9", email="maija@example.fi")
    world.run(update(BELIEF).values(contact_id="c9"))
    world.later(minutes=16)
    asyncio.run(dispatcher.step())

    assert [("shipped", "suppressed", "no e-mail address known")] == world.states()


@pytest.mark.parametrize(
    "wanted, language", [("sv", "sv"), ("sv-FI", "sv"), ("EN_us", "en"), ("et", "fi"), (None, "fi")]
)
def test_a_customer_is_written_to_in_their_language_or_else_in_the_shops(
    world: World, wanted: str | None, language: str
) -> None:
    world.add_order(language=wanted)
    world.tell("shipped")
    planned(world)

    assert [language] == [notice.language for notice in world.notices()]


def test_a_shop_may_speak_another_language(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    planned(world, Settings(shops={"villa": Shop(language="sv")}))

    assert ["sv"] == [notice.language for notice in world.notices()]


def test_a_change_of_an_order_nobody_knows_is_planned_all_the_same(world: World) -> None:
    world.tell("a_new_milestone")

    assert [
        ("email", "customer", "suppressed", "no e-mail address known"),
        ("webhook", "kassa", "due", ""),
    ] == planned(world, Settings(sinks=SINKS))


def test_a_change_that_nobody_is_there_to_hear_says_so(world: World) -> None:
    from dataclasses import replace

    from hub.notify.planning import plan
    from hub.store.outbox import OUTBOX

    world.add_order()
    world.tell("shipped")
    world.tell("delivered", silent="replayed history")
    world.correct("returned")
    house = replace(world.dispatcher()._house, channels={})
    world.store.write_now(lambda c: plan(c, house, world.now))

    reasons = [row.silent for row in world.rows(OUTBOX)]
    assert reasons == ["there was nobody to tell", "replayed history", "there was nobody to tell"]
