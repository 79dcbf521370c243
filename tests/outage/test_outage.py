"""E-mail is away for two hours: who must know today is told by SMS, and nobody hears it twice.

``CI=true``: 10 000 due notices; else as many as a newcomer has patience for.
"""

import asyncio
import os
import socket
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.config import Settings
from tests.hub.notify.servers import Post, mail_server, partner, says
from tests.hub.notify.world import NOW, World
from tests.outage.town import LIFE, ORDER, Town, put

ORDERS = 2100 if os.environ.get("CI") else 150
OUTAGE, AFTERWARDS = timedelta(hours=2), timedelta(minutes=20)
TICK = timedelta(seconds=2)
RATE = 20  #: letters a second the mail server is to get at most
CRITICAL = {"delivery_attempt_failed", "pickup_reminder"}
PROMISE = timedelta(seconds=60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class Day:
    """What happened: who was told what by which channel and when."""

    def __init__(self, world: World, post: Post, texts: int) -> None:
        self.notices = world.notices()
        self.sent = [row for row in self.notices if row.state == "sent"]
        self.letters, self.texts = len(post.letters), texts

    def of_channel(self, channel: str) -> list[Any]:
        return [row for row in self.sent if row.channel == channel]


async def live_through(world: World) -> Day:
    """Two hours without e-mail, and what comes afterwards."""
    port = free_port()
    town = Town(world, ORDERS, OUTAGE - timedelta(minutes=25))
    town.settle()
    ticks = int((OUTAGE + AFTERWARDS) / TICK)
    news = town.by_tick(world.now, TICK, ticks)
    async with AsyncExitStack() as stack:
        texts = await stack.enter_async_context(partner(says(200, '{"id": "1"}')))
        sms = {"url": texts.url, "body": {"to": "{to}", "text": "{text}"}}
        dispatcher = world.dispatcher(
            Settings(
                smtp_url=f"smtp://127.0.0.1:{port}",
                channels={"sms": sms},
                sink_networks=("127.0.0.0/8",),
                fallback={"after": {"critical": 0.5}},
                rates={"email": RATE},
            )
        )
        for number in range(ticks):
            if number == int(OUTAGE / TICK):
                post = await stack.enter_async_context(mail_server(port=port))
            await asyncio.to_thread(put, world, news[number])
            while await dispatcher.step():
                pass
            world.now += TICK
        await dispatcher.stop()
        return Day(world, post, len(texts.received))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return asyncio.run(live_through(World(tmp_path_factory.mktemp("outage"))))


def test_as_many_were_due_as_we_say(day: Day) -> None:
    due = {(row.order_id, row.milestone) for row in day.notices}

    assert len(due) >= ORDERS * (len(LIFE) - 1)
    print(f"an outage of e-mail: {len(due)} due, {day.texts} by SMS, {day.letters} by e-mail")  # noqa: T201


def test_who_must_know_today_is_told_by_sms_within_the_promise(day: Day) -> None:
    during = [row for row in day.notices if row.received_at < NOW + OUTAGE - PROMISE]
    must = {(row.order_id, row.milestone) for row in during if row.milestone in CRITICAL}
    told = {
        (row.order_id, row.milestone)
        for row in day.of_channel("sms")
        if row.settled_at - row.received_at <= PROMISE
    }

    assert set() == must - told


def test_nobody_is_told_twice_when_e_mail_is_back(day: Day) -> None:
    told = Counter((row.order_id, row.milestone) for row in day.sent)

    assert [] == [what for what, times in told.items() if times > 1]
    assert (len(day.of_channel("email")), len(day.of_channel("sms"))) == (day.letters, day.texts)


def test_what_waited_is_sent_no_faster_than_allowed(day: Day) -> None:
    letters = Counter[datetime]()
    for row in day.of_channel("email"):
        letters[row.settled_at] += 1

    assert max(letters.values()) <= RATE * TICK.total_seconds()
    assert len(letters) > 1


def test_no_customer_hears_things_in_the_wrong_order(day: Day) -> None:
    heard = defaultdict(list)
    for row in sorted(day.sent, key=lambda one: (one.settled_at, one.outbox_id)):
        heard[row.order_id].append(ORDER.index(row.milestone))

    assert [] == [order for order, steps in heard.items() if steps != sorted(steps)]


def test_everything_due_was_told_or_has_a_reason(day: Day) -> None:
    old = [row for row in day.notices if row.received_at < NOW + OUTAGE + AFTERWARDS - PROMISE]

    assert [] == [row for row in old if row.state not in {"sent", "suppressed"}]
    assert [] == [row for row in day.notices if row.state == "suppressed" and not row.reason]
