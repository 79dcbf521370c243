"""History that is replayed tells nobody anything, unless it is asked to; a dry run says whom."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogues import Catalogues
from hub.config import Settings
from hub.notify.dispatcher import Dispatcher
from hub.notify.rehearsing import pretend, rehearsing_house
from hub.pipeline.rehearsal import rehearsal
from hub.pipeline.replay import Selection, replay
from hub.store.outbox import MAIL, NOTICE
from state_machine.events import Event, OrderKey
from tests.builders import MONDAY, a_parcel, an_order, at, scan
from tests.hub.pipeline.speech import customer, misread, says
from tests.hub.pipeline.world import World

DAYS = 30
NOW = MONDAY + timedelta(days=DAYS)
SETTINGS = Settings()
LABELS = Catalogues.load()
HOUSE = rehearsing_house(SETTINGS, lambda: NOW, LABELS)


def of(order: str, day: int, fact: Event) -> Event:
    when = fact.occurred_at + timedelta(days=day)
    about = OrderKey("kauppa", order)
    return Event(id=fact.id, occurred_at=when, about=about, what=fact.what)


def dispatch(world: World, now: datetime) -> list[tuple[str, str, str | None]]:
    """Let the dispatcher do all there is to do; return the notices there are."""

    async def go() -> None:
        dispatcher = Dispatcher(world.store, SETTINGS, lambda: now, LABELS)
        while await dispatcher.step():
            pass
        await dispatcher.stop()

    asyncio.run(go())
    return [(row["milestone"], row["state"], row["reason"]) for row in world.rows(NOTICE)]


@pytest.fixture
def history(world: World) -> World:
    """A month in which one order a day was told as delivered, though it waits in a locker."""
    for day in range(DAYS):
        order, when = str(day), MONDAY + timedelta(days=day)
        placed, named, wrong, right = (
            of(order, day, fact)
            for fact in (
                at(0, an_order(mug=1), id="placed"),
                at(1, a_parcel("f1", f"JJ{day}", mug=1), id="named"),
                at(2, scan("f1", "delivered"), id="locker"),
                at(2, scan("f1", "ready_for_pickup"), id="locker"),
            )
        )
        person = customer(0, order, email=f"{order}@example.fi") | {"order": order}
        world.deliver(says(person, placed, named, misread(wrong, right)), received_at=when)
        world.work()
        dispatch(world, when + timedelta(hours=3))
    world.speech.wiser = True
    return world


def replayed(world: World, **how: bool) -> None:
    assert [*replay(world.store, world.translator, Selection(), NOW, **how)][-1].raws == DAYS


def test_a_month_of_replayed_history_sends_nothing(history: World) -> None:
    told = dispatch(history, NOW)
    letters = len(history.rows(MAIL))
    assert Counter(told)["delivered", "sent", None] == DAYS
    assert letters == sum(state == "sent" for _, state, _ in told)

    replayed(history, notify=False)

    anew = dispatch(history, NOW)[len(told) :]
    assert len(history.rows(MAIL)) == letters
    assert Counter(anew) == {
        ("ready_for_pickup", "suppressed", "replayed history"): DAYS,
        ("correction", "suppressed", "replayed history"): DAYS,
    }


def rehearsed(world: World) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Ask a dry run who would be told what."""
    untold: Counter[str] = Counter()
    with rehearsal(world.store) as dry:
        assert [*dry.read(world.translator, Selection())][-1].raws == DAYS
        pretend(dry.connection, HOUSE, NOW)
        return [*dry.notices(untold)], untold


def test_a_dry_run_names_exactly_those_who_are_told_when_it_is_asked_for(history: World) -> None:
    told = dispatch(history, NOW)
    letters = len(history.rows(MAIL))
    shown, untold = rehearsed(history)
    assert dispatch(history, NOW) == told

    replayed(history, notify=True)

    anew = list(dispatch(history, NOW)[len(told) :])
    sent = Counter(milestone for milestone, state, _ in anew if state == "sent")
    assert len(history.rows(MAIL)) - letters == sum(sent.values()) > 0
    assert Counter(one["milestone"] for one in shown) == sent
    assert {tuple(one["notices"].items()) for one in shown} == {(("email", 1),)}
    reasons = Counter(reason.partition(":")[0] for _, state, reason in anew if state != "sent")
    assert untold == reasons
    assert reasons["too old"] == 2 * (DAYS - sent["ready_for_pickup"]) > 0
