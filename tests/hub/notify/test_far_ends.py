"""The dispatcher and a provider that fails: retried, asked in doubt; and nobody else waits."""

import asyncio
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from hub.config import Settings, Sink
from hub.store import customers, settling
from hub.store.outbox import CONTACT
from hub.store.settling import Handed
from tests.hub.notify.channels.cases import TELEGRAM, TWILIO, says
from tests.hub.notify.channels.far_ends import Answer, Asked, FarEnd, Trouble, far_end, mail_end
from tests.hub.notify.world import SECRET, World, until

LOOPBACK = ["127.0.0.0/8"]
PHONE = "+358401234567"


def by_sms(world: World) -> None:
    """An order of somebody who can be told by SMS alone, and news that passes quiet hours."""
    world.add_order(phone=PHONE)
    world.run(CONTACT.update().values(email=None))
    world.tell("ready_for_pickup")


def settings(end: FarEnd, **more: Any) -> Settings:
    own = {"sms": {**TWILIO, "api": end.url}}
    return Settings(channels=own, sink_networks=LOOPBACK, **more)


def of_sms(world: World) -> list[tuple[str, int]]:
    return [(row.state, row.attempts) for row in world.notices() if row.channel == "sms"]


@pytest.mark.parametrize("known", [True, False])
def test_a_message_in_doubt_is_asked_for_before_it_is_sent_again(world: World, known: bool) -> None:
    by_sms(world)

    async def story() -> list[str]:
        async with far_end(says({"sid": "SM9"}, 201), Trouble.CUT) as end:
            dispatcher = world.dispatcher(settings(end))
            await dispatcher.step()
            assert [("due", 1)] == of_sms(world)
            text = dict(_form(end.asked[0]))["Body"]
            listed = [{"sid": "SM1", "body": text}] if known else []
            end.trouble, end.well = None, _lists(listed)
            world.later(minutes=1)
            await dispatcher.step()
            await dispatcher.stop()
            return [asked.method for asked in end.asked]

    assert ["POST", "GET"] + ["POST"] * (not known) == asyncio.run(story())
    assert [("sent", 2)] == of_sms(world)
    assert ["SM1" if known else "SM9"] == [
        row.provider_ref for row in world.attempts() if row.outcome == "sent"
    ]


def test_a_hub_that_died_while_it_was_answered_asks_before_it_sends_again(world: World) -> None:
    by_sms(world)

    async def story() -> list[str]:
        async with far_end(_lists([])) as end:
            first = world.dispatcher(settings(end))
            await first._advance()  # it takes the notice, begins the attempt
            for task in list(first._outgoing.tasks):
                task.cancel()
            await asyncio.gather(*first._outgoing.tasks, return_exceptions=True)
            (row,) = [row for row in world.notices() if row.channel == "sms"]
            these = [Handed(row.id, 1, world.now)]
            world.store.write_now(lambda c: settling.mark_handing(c, these))
            second = world.dispatcher(settings(end))
            await second.step()
            await second.step()
            await first.stop()
            await second.stop()
            return [asked.method for asked in end.asked]

    assert ["GET", "POST"] == asyncio.run(story())[-2:]
    assert [("sent", 2)] == of_sms(world)


@pytest.mark.parametrize("policy, state", [("hold", "held"), ("resend", "due")])
def test_where_nobody_can_be_asked_the_policy_decides(
    world: World, policy: str, state: str
) -> None:
    world.add_order()
    world.run(CONTACT.update().values(email=None))
    _address(world, "telegram:4711")
    world.tell("ready_for_pickup")

    async def story() -> None:
        async with far_end(says({}), Trouble.CUT) as end:
            own = {"chatbot": {**TELEGRAM, "telegram_api": end.url}}
            known = Settings(channels=own, sink_networks=LOOPBACK, on_ambiguous=policy)
            dispatcher = world.dispatcher(known)
            await dispatcher.step()
            await dispatcher.stop()

    asyncio.run(story())
    assert [state] == [row.state for row in world.notices() if row.channel == "chatbot"]


def test_a_provider_that_never_answers_lets_every_other_channel_go_on(world: World) -> None:
    """Counted, not timed: all letters are out while not one webhook of the stuck sink has ended."""
    for n in range(60):
        world.add_order(f"o{n}")
        world.tell("shipped", f"parcel:{n}", order_id=f"o{n}")

    async def story() -> Counter[tuple[str, str, str]]:
        async with (
            far_end(says({}), Trouble.SILENT) as stuck,
            far_end(says({})) as well,
            mail_end() as post,
        ):
            sinks = [
                Sink(name=name, url=f"{end.url}/hook", secret=SECRET)
                for name, end in (("stuck", stuck), ("well", well))
            ]
            known = Settings(sinks=sinks, sink_networks=LOOPBACK, smtp_url=post.url)
            dispatcher = world.dispatcher(known)
            running = asyncio.create_task(dispatcher.run())
            await until(lambda: len(post.asked) + len(well.asked) == 120, seconds=30)
            await until(lambda: _sent(world) == 120, seconds=30)
            found = Counter(
                (row.channel, row.recipient if row.channel == "webhook" else "", row.state)
                for row in world.notices()
            )
            await dispatcher.stop(grace=0)
            await running
            return found

    found = asyncio.run(story())
    assert 60 == found["email", "", "sent"] == found["webhook", "well", "sent"]
    assert 0 == found["webhook", "stuck", "sent"]
    assert 60 == found["webhook", "stuck", "leased"] + found["webhook", "stuck", "due"]


def _sent(world: World) -> int:
    return sum(row.state == "sent" for row in world.notices())


def _lists(listed: list[dict[str, str]]) -> Answer:
    def answer(asked: Asked) -> web.Response:
        if asked.method == "GET":
            return web.json_response({"messages": listed})
        return web.json_response({"sid": "SM9"}, status=201)

    return answer


def _form(asked: Asked) -> list[tuple[str, str]]:
    return parse_qsl(asked.body.decode())


def _address(world: World, chat: str) -> None:
    def state(connection: Any) -> None:
        found = customers.find(connection, "c-o1")
        assert found is not None
        who = customers.settle(connection, found, world.now)
        customers.state_address(
            connection, who, kind="chat", address=chat, verified=False, now=world.now
        )

    world.store.write_now(state)
