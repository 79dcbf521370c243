"""A sender that stood still longer than its lease wakes up: another has taken its letter."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.config import Settings
from hub.notify.channels import Accepted, Channel, Handing, Message
from hub.notify.channels.email import open_channel
from hub.notify.dispatcher import Dispatcher
from tests.hub.notify.servers import Post, mail_server
from tests.hub.notify.world import World, until

LEASE = {"seconds": 11}  #: longer than a lease

Night = Callable[[Post, "Sleeper", Dispatcher, Dispatcher], Awaitable[None]]


class Sleeper:
    """A real channel in a process that is stopped at a moment of its sending, and goes on later."""

    def __init__(self, channel: Channel, moment: str) -> None:
        self._channel, self._moment = channel, moment
        self.asleep, self.morning = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def send(self, message: Message, handing: Handing) -> Accepted:
        async def handing_over(reference: str = "") -> None:
            await handing(reference)
            await self._sleep_at("handing")

        await self._sleep_at("taken")
        answer = await self._channel.send(message, handing_over)
        await self._sleep_at("answered")
        return answer

    async def _sleep_at(self, moment: str) -> None:
        if moment == self._moment:
            self.asleep.set()
            await self.morning.wait()


def night(world: World, moment: str, story: Night, policy: str = "hold") -> None:
    """Let a sender fall asleep over a letter while a second one is there."""

    async def go() -> None:
        async with mail_server() as post:
            settings = Settings(smtp_url=post.url, on_ambiguous=policy)
            sleeper = Sleeper(open_channel(world.tools(settings)), moment)
            second = world.dispatcher(settings)
            await second.step()  # it is at work already; there is nothing to do yet
            world.tell("shipped")
            first = world.dispatcher(settings, {"email": sleeper})
            sending = asyncio.create_task(first.step())
            await asyncio.wait_for(sleeper.asleep.wait(), 5)
            await story(post, sleeper, first, second)
            await asyncio.wait_for(sending, 5)

    world.add_order()
    asyncio.run(go())


async def wake_up(sleeper: Sleeper, first: Dispatcher) -> None:
    """Let the first sender go on, and wait until it has noticed that it does not count any more."""
    sleeper.morning.set()
    await until(lambda: first.counts.fenced)


@pytest.mark.parametrize("moment", ["taken", "handing", "answered"])
def test_a_letter_is_its_senders_until_the_lease_is_over(world: World, moment: str) -> None:
    async def story(post: Post, sleeper: Sleeper, first: Dispatcher, second: Dispatcher) -> None:
        world.later(seconds=9)
        await second.step()
        assert [("shipped", "leased", None)] == world.states()
        sleeper.morning.set()
        await until(lambda: first.counts.sent)
        assert 1 == len(post.letters)

    night(world, moment, story)

    assert [("shipped", "sent", None)] == world.states()


def test_who_wakes_up_before_the_hand_over_does_not_send_any_more(world: World) -> None:
    async def story(post: Post, sleeper: Sleeper, first: Dispatcher, second: Dispatcher) -> None:
        world.later(**LEASE)
        await second.step()
        assert 1 == len(post.letters)
        await wake_up(sleeper, first)
        assert 1 == len(post.letters)

    night(world, "taken", story)

    assert [("shipped", "sent", None)] == world.states()
    assert ["retry", "sent"] == [row.outcome for row in world.attempts()]


@pytest.mark.parametrize("moment", ["handing", "answered"])
def test_who_wakes_up_after_it_changes_nothing_a_person_has_to_decide(
    world: World, moment: str
) -> None:
    async def story(post: Post, sleeper: Sleeper, first: Dispatcher, second: Dispatcher) -> None:
        world.later(**LEASE)
        await second.step()
        await wake_up(sleeper, first)
        await second.step()
        assert 1 == len(post.letters)

    night(world, moment, story)

    assert ["held"] == [state for _, state, _ in world.states()]
    assert ["ambiguous"] == [row.outcome for row in world.attempts()]


@pytest.mark.parametrize("moment", ["handing", "answered"])
def test_where_a_second_copy_is_preferred_there_is_one_and_it_has_the_same_id(
    world: World, moment: str
) -> None:
    async def story(post: Post, sleeper: Sleeper, first: Dispatcher, second: Dispatcher) -> None:
        world.later(**LEASE)
        await second.step()
        await wake_up(sleeper, first)
        await second.step()
        assert 2 == len(post.letters)
        assert post.read(0)["Message-ID"] == post.read(1)["Message-ID"]

    night(world, moment, story, policy="resend")

    assert [("shipped", "sent", None)] == world.states()
    assert ["ambiguous", "sent"] == [row.outcome for row in world.attempts()]
