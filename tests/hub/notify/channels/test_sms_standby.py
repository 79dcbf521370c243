"""Two providers of SMS: the second one gets what the first certainly has not, and nobody gets two.

Both are real servers; the second one speaks as Twilio does, and is asked when it is in doubt.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from hub.config import Settings
from hub.notify.channels.sms import Sms, SmsSettings
from hub.notify.dispatcher import Dispatcher
from hub.notify.hearing import hear
from hub.notify.receipts import Report
from hub.notify.receipts.standard import Standard
from hub.notify.receipts.twilio import Account, Twilio
from hub.notify.standby import REST
from hub.store import held
from hub.store.receipts import RECEIPT
from hub.telemetry import ALERTS
from tests.hub.notify.channels.cases import GENERIC, PHONE, TWILIO, like_twilio
from tests.hub.notify.channels.far_ends import Asked, FarEnd, Trouble, far_end
from tests.hub.notify.world import NOW, World

KEYED = {**GENERIC, "key_header": "Idempotency-Key"}
Story = Callable[[Dispatcher, FarEnd, FarEnd], Awaitable[None]]


def json(asked: Asked) -> web.Response:
    return web.json_response({"id": "7"})


def tell(
    world: World,
    trouble: Trouble | None = None,
    *,
    first: dict[str, Any] = GENERIC,
    second: Trouble | None = None,
    policy: Any = "hold",
    then: Story | None = None,
) -> tuple[list[Asked], list[Asked]]:
    """Let a hub with two providers tell of one order; return what each of them was asked."""

    async def story() -> tuple[list[Asked], list[Asked]]:
        well = like_twilio() if "account" in first else json
        async with far_end(well, trouble) as main, far_end(like_twilio(), second) as other:
            at_main = {name: main.url if text == "URL" else text for name, text in first.items()}
            own = SmsSettings(**at_main, standby={**TWILIO, "api": other.url})
            sms = Sms(own, ("127.0.0.0/8",), world.clock, policy, total=1.0)
            hub = world.dispatcher(Settings(), {"sms": sms})
            await hub.step()
            if then is not None:
                await then(hub, main, other)
            await hub.stop()
            return main.asked, other.asked

    world.add_order(phone=PHONE)
    world.tell("delayed")
    return asyncio.run(story())


async def again(world: World, hub: Dispatcher, minutes: float = 20) -> None:
    world.later(minutes=minutes)
    await hub.step()


def ends(world: World) -> list[tuple[str, str | None]]:
    notice, last = world.notices()[0], world.attempts()[-1]
    return [(notice.state, last.provider_ref)]


def test_a_provider_that_is_well_gets_everything(world: World) -> None:
    main, other = tell(world)

    assert (1, 0) == (len(main), len(other))
    assert [("sent", "7")] == ends(world)


@pytest.mark.parametrize("trouble", [Trouble.LATER, Trouble.WAIT, Trouble.ELSEWHERE])
def test_what_a_provider_does_not_take_now_the_other_one_gets(
    world: World, trouble: Trouble
) -> None:
    main, other = tell(world, trouble)

    assert (1, 1) == (len(main), len(other))
    assert [("sent", "standby:SM0")] == ends(world)


def test_what_is_refused_for_good_is_offered_to_nobody_else(world: World) -> None:
    _, other = tell(world, Trouble.NEVER)

    assert ([], "dead") == (other, world.notices()[0].state)


@pytest.mark.parametrize("trouble", [Trouble.SILENT, Trouble.CUT])
def test_what_one_may_have_the_other_does_not_get(world: World, trouble: Trouble) -> None:
    async def well_again(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        main.trouble = None
        await again(world, hub)

    main, other = tell(world, trouble, then=well_again)

    assert (1, [], "held") == (len(main), other, world.notices()[0].state)


def test_what_one_may_have_is_sent_again_by_either_where_the_policy_says_so(world: World) -> None:
    async def later(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        await again(world, hub, 0.5)  # the first one still rests

    main, other = tell(world, Trouble.CUT, policy="resend", then=later)

    assert (1, 1) == (len(main), len(other))
    assert [("sent", "standby:SM0")] == ends(world)


def test_a_person_who_decides_for_it_lets_it_go_out_by_either(world: World) -> None:
    async def decided(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        (notice,) = await asyncio.to_thread(world.notices)
        await world.store.write(lambda c: held.resend(c, [notice.id], world.now))
        await again(world, hub, 0.5)

    main, other = tell(world, Trouble.CUT, then=decided)

    assert (1, 1, "sent") == (len(main), len(other), world.notices()[0].state)


def test_who_knows_repetitions_gets_what_it_may_have_again_and_nobody_else_does(
    world: World,
) -> None:
    async def three_times(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        main.trouble = Trouble.LATER  # it says no now; it may have said yes before
        await again(world, hub)
        main.trouble = None
        world.later(hours=1)
        await hub.step()

    main, other = tell(world, Trouble.CUT, first=KEYED, then=three_times)

    assert (3, []) == (len(main), other)
    assert 1 == len({asked.headers["idempotency-key"] for asked in main})
    assert [("sent", "7")] == ends(world)


@pytest.mark.parametrize("has_it", [True, False])
def test_the_one_that_had_it_is_asked_before_anybody_gets_it_again(
    world: World, has_it: bool
) -> None:
    """The first one failed, the second one took it, or not, and did not say; now both are well."""

    async def well_again(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        if has_it:
            other.well(other.asked[0])  # it did take it
        main.trouble = other.trouble = None
        await again(world, hub)

    main, other = tell(world, Trouble.LATER, second=Trouble.CUT, then=well_again)

    assert ["POST", "GET"] == [asked.method for asked in other][:2]
    assert [("sent", "standby:SM0" if has_it else "7")] == ends(world)
    assert (1 if has_it else 2, 2) == (len(main), len(other))


def test_nobody_gets_it_while_the_one_that_may_have_it_cannot_be_asked(world: World) -> None:
    async def still_ill(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        main.trouble, other.trouble = None, Trouble.LATER
        await again(world, hub)

    main, other = tell(world, Trouble.LATER, second=Trouble.CUT, then=still_ill)

    assert (1, ["POST", "GET"]) == (len(main), [asked.method for asked in other])
    assert "due" == world.notices()[0].state


def test_who_was_ill_is_asked_last_and_longer_each_time(world: World) -> None:
    before = ALERTS.labels("provider_ill")._value.get()
    taken: list[int] = []

    async def more(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        for n, pause in enumerate((REST / 2, REST, REST, REST)):
            world.now += pause
            await asyncio.to_thread(world.tell, "delayed", revision=f"{n}")
            await hub.step()
            taken.append(len(main.asked))

    _, other = tell(world, Trouble.LATER, then=more)

    assert [1, 2, 2, 3] == taken  # after a minute, and after two more
    assert 5 == len(other)
    assert 1 == ALERTS.labels("provider_ill")._value.get() - before


def test_a_report_belongs_to_the_message_of_the_provider_that_sends_it(world: World) -> None:
    async def another(hub: Dispatcher, main: FarEnd, other: FarEnd) -> None:
        main.trouble = None
        world.now += REST * 2
        await asyncio.to_thread(world.tell, "delayed", revision="1")
        await hub.step()

    tell(world, Trouble.LATER, then=another)
    assert [["standby:SM0"], ["7"]] == [
        [row.provider_ref for row in world.attempts() if row.notice_id == one.id]
        for one in world.notices()
    ]

    async def reported() -> None:
        desk = Twilio(Account("standby", "AC1", "hush-hush", "https://hub.example/"))
        form = b"AccountSid=AC1&MessageSid=SM0&MessageStatus=delivered"
        for taken_in, body in ((desk, form), (Standard(), _said("7")), (Standard(), _said("SM0"))):
            about = {"headers": {"webhook-id": body.hex()[-99:]}, "query": {}, "received_at": NOW}
            await hear(world.store, taken_in, taken_in.read(Report(body=body, **about)), NOW)

    asyncio.run(reported())
    first, second = (one.id for one in world.notices())
    assert {("twilio", first), ("standard", second), ("standard", None)} == {
        (row.provider, row.notice_id) for row in world.rows(RECEIPT)
    }


def _said(reference: str) -> bytes:
    return b'{"data": {"channel": "sms", "what": "read", "reference": "%s"}}' % reference.encode()
