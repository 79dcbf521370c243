"""Nobody gets more than so many messages a day, and no block of numbers becomes a bill."""

import asyncio
from typing import Any

import pytest

from hub.config import Settings
from hub.notify.caps import Caps, over
from hub.store import allowances
from hub.store.allowances import ALLOWANCE
from hub.store.outbox import CONTACT
from hub.telemetry import ALERTS
from tests.hub.notify.channels.cases import TWILIO, says
from tests.hub.notify.channels.far_ends import far_end
from tests.hub.notify.world import NOW, World


def told(world: World, **caps: Any) -> list[tuple[str, str | None]]:
    """Send what is due by SMS; return state and reason of each notice."""

    async def story() -> None:
        async with far_end(says({"sid": "SM1"}, 201)) as end:
            own = {**TWILIO, "api": end.url, **caps}
            known = {"sms": own, "email": {}}
            settings = Settings(channels=known, sink_networks=["127.0.0.0/8"])
            dispatcher = world.dispatcher(settings)
            while await dispatcher.step():
                pass
            await dispatcher.stop()
            assert len(end.asked) == sum(row.state == "sent" for row in world.notices())

    asyncio.run(story())
    return [(row.state, row.reason) for row in world.notices() if row.channel == "sms"]


def order(world: World, name: str, phone: str) -> None:
    world.add_order(name, email="", phone=phone)
    world.run(CONTACT.update().where(CONTACT.c.id == f"c-{name}").values(email=None))
    world.tell("ready_for_pickup", f"parcel:{name}", order_id=name)  # passes quiet hours


def test_one_recipient_gets_no_more_than_the_cap(world: World) -> None:
    for n in range(4):
        order(world, f"o{n}", "+358401234567")
    before = ALERTS.labels("capped")._value.get()
    states = told(world, recipient_cap=2)

    over_it = ("suppressed", "too many messages today to this recipient (2)")
    assert [("sent", None)] * 2 + [over_it] * 2 == sorted(states)
    assert before + 2 == ALERTS.labels("capped")._value.get()


def test_a_block_of_numbers_gets_no_more_than_the_cap(world: World) -> None:
    for n in range(4):
        order(world, f"o{n}", f"+35840123456{n}")
    order(world, "abroad", "+46701234567")
    states = told(world, prefix_cap=2, prefix_digits=6)

    over_it = "too many messages today to numbers that begin with +358401 (2)"
    assert [("sent", None)] * 3 + [("suppressed", over_it)] * 2 == sorted(states)


def test_a_new_day_begins_with_nothing_counted(world: World) -> None:
    def spend(_: Any = None) -> bool:
        return world.store.write_now(
            lambda c: over(c, "sms", Caps(recipient=1), "+358401234567", world.now) is None
        )

    assert [True, False] == [spend(), spend()]
    world.later(days=1)
    assert spend()


def test_what_is_one_too_many_is_not_counted(world: World) -> None:
    for _ in range(5):
        world.store.write_now(lambda c: allowances.spend(c, "sms", "+358401", most=2, now=NOW))

    assert [2] == [row.sent for row in world.rows(ALLOWANCE)]


def test_what_is_counted_says_nothing_of_the_person(world: World) -> None:
    world.store.write_now(lambda c: over(c, "email", Caps(recipient=1), "maija@example.fi", NOW))

    assert "maija" not in str(world.rows(ALLOWANCE))


@pytest.mark.parametrize("caps", [Caps(), Caps(prefix=1)])
def test_without_a_cap_nothing_is_counted(world: World, caps: Caps) -> None:
    assert world.store.write_now(lambda c: over(c, "email", caps, "a@b.fi", NOW)) is None
    assert [] == world.rows(ALLOWANCE)
