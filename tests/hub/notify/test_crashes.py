"""A hub that stops in the middle of an attempt: what goes out again, what waits for a person."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hub.config import Settings, Sink
from hub.notify.lanes import lanes
from hub.notify.planning import plan
from hub.notify.taking import take
from hub.store import attempts, settling
from hub.store.settling import Ended, Handed, Settlement
from tests.hub.notify.servers import Partner, Post, mail_server, partner
from tests.hub.notify.world import SECRET, World

Story = Callable[[Settings], Awaitable[None]]


def stopped_in_an_attempt(world: World, settings: Settings, *, handed: bool) -> None:
    """Leave the database as a kill -9 does: an attempt begun, its outcome unknown."""
    house = world.dispatcher(settings)._house
    world.store.write_now(lambda c: plan(c, house, world.now))
    caught = world.store.write_now(lambda c: take(c, house, lanes(house), world.now)).taken
    if handed:
        these = [Handed(one.row.id, 1, world.now) for one in caught]
        world.store.write_now(lambda c: settling.mark_handing(c, these))


async def with_mail(story: Callable[[Post, Settings], Awaitable[None]], **more: str) -> None:
    async with mail_server() as post:
        await story(post, Settings(smtp_url=post.url, **more))


async def with_sink(story: Callable[[Partner, Settings], Awaitable[None]]) -> None:
    async with partner() as store:
        sink = Sink(name="kassa", url=store.url, secret=SECRET)
        await story(store, Settings(sinks=[sink], sink_networks=["127.0.0.0/8"]))


def test_what_was_not_handed_over_is_sent_again(world: World) -> None:
    async def story(post: Post, settings: Settings) -> None:
        stopped_in_an_attempt(world, settings, handed=False)
        await world.dispatcher(settings).step()

        assert 1 == len(post.letters)

    world.add_order()
    world.tell("shipped")
    asyncio.run(with_mail(story))

    assert [("shipped", "sent", None)] == world.states()
    assert ["retry", "sent"] == [row.outcome for row in world.attempts()]


def test_what_the_mail_server_may_have_waits_for_a_person(world: World) -> None:
    async def story(post: Post, settings: Settings) -> None:
        stopped_in_an_attempt(world, settings, handed=True)
        dispatcher = world.dispatcher(settings)
        await dispatcher.step()
        await dispatcher.step()

        assert [] == post.letters
        assert (1, 1) == (dispatcher.counts.held, dispatcher.counts.ambiguous)

    world.add_order()
    world.tell("shipped")
    asyncio.run(with_mail(story))

    reason = "the provider may have it: the hub stopped before the answer came"
    assert [("shipped", "held", reason)] == world.states()
    assert ["ambiguous"] == [row.outcome for row in world.attempts()]


def test_an_operator_may_prefer_a_second_copy_to_a_held_one(world: World) -> None:
    async def story(post: Post, settings: Settings) -> None:
        stopped_in_an_attempt(world, settings, handed=True)
        await world.dispatcher(settings).step()

        assert 1 == len(post.letters)

    world.add_order()
    world.tell("shipped")
    asyncio.run(with_mail(story, on_ambiguous="resend"))


def test_a_sink_gets_it_again_under_the_same_id(world: World) -> None:
    async def story(store: Partner, settings: Settings) -> None:
        first = world.dispatcher(settings)
        stopped_in_an_attempt(world, settings, handed=True)
        await first.step()
        await first.stop()

        again = store.received[0].headers["webhook-id"]
        from hub.notify.keys import key_of
        from hub.notify.taking import Taken

        notice = world.notices()[-1]
        key = key_of(Taken(notice, 1, attempts.Lane("webhook", "kassa"), ""), "webhook")
        assert f"msg_{key[:32]}" == again

    world.add_order(email=None)
    world.tell("shipped")
    asyncio.run(with_sink(story))

    assert ("shipped", "sent", None) == world.states()[-1]


def test_the_local_mailbox_knows_a_letter_it_has(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    stopped_in_an_attempt(world, Settings(), handed=True)
    asyncio.run(world.dispatcher().step())
    from sqlalchemy import update

    from hub.store.outbox import NOTICE

    world.run(update(NOTICE).values(state="due"))  # as if it had been lost once more
    asyncio.run(world.dispatcher().step())

    assert 1 == len(world.mail())
    assert 3 == world.notices()[0].attempts


def test_a_sender_that_was_given_up_changes_nothing_any_more(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    stopped_in_an_attempt(world, Settings(), handed=False)
    dispatcher = world.dispatcher()
    asyncio.run(dispatcher.step())
    late = Settlement(outcome="dead", state="dead", detail="too late", at=world.now)

    assert [False] == world.store.write_now(lambda c: settling.settle(c, [Ended(1, 1, late)]))
    assert [False] == world.store.write_now(
        lambda c: settling.mark_handing(c, [Handed(1, 1, world.now)])
    )
    asyncio.run(dispatcher._in_hand._sender.settle(1, 1, "email", late))
    assert 1 == dispatcher.counts.fenced
    assert [("shipped", "sent", None)] == world.states()


def test_a_lease_that_ran_out_while_we_run_is_picked_up(world: World) -> None:
    world.add_order()
    dispatcher = world.dispatcher()
    asyncio.run(dispatcher.step())
    world.tell("shipped")
    stopped_in_an_attempt(world, Settings(), handed=False)
    asyncio.run(dispatcher.step())
    assert [("shipped", "leased", None)] == world.states()
    world.later(hours=1)
    asyncio.run(dispatcher.step())

    assert [("shipped", "sent", None)] == world.states()


@pytest.mark.parametrize("policy, state", [("hold", "held"), ("resend", "due")])
def test_a_line_that_breaks_after_the_letter_is_as_unclear_as_a_crash(
    world: World, policy: str, state: str
) -> None:
    async def story(post: Post, settings: Settings) -> None:
        post.vanish = True
        await world.dispatcher(settings).step()

    world.add_order()
    world.tell("shipped")
    asyncio.run(with_mail(story, on_ambiguous=policy))

    assert [(state, "ambiguous")] == [
        (notice.state, attempt.outcome)
        for notice, attempt in zip(world.notices(), world.attempts(), strict=True)
    ]
