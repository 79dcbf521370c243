"""When one mail server does not take a letter the other one gets it, and only one of them does."""

import asyncio

import pytest

from hub.config import Settings
from hub.notify.standby import REST
from tests.hub.notify.servers import Post, mail_server
from tests.hub.notify.world import World

NOBODY = "smtp://127.0.0.1:9"


def tell(world: World, url: str | None = None, **first: object) -> tuple[Post, Post]:
    """Let a hub with two mail servers tell of one order; the first is as ``first`` says."""

    async def story() -> tuple[Post, Post]:
        async with mail_server(**first) as main, mail_server() as other:
            own = {"email": {"standby": other.url}}
            dispatcher = world.dispatcher(Settings(smtp_url=url or main.url, channels=own))
            await dispatcher.step()
            await dispatcher.stop()
            return main, other

    world.add_order()
    world.tell("shipped")
    return asyncio.run(story())


def test_a_server_that_is_well_gets_everything(world: World) -> None:
    main, other = tell(world)

    assert (1, 0) == (len(main.letters), len(other.letters))


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
def test_what_a_server_does_not_take_now_the_other_one_gets(world: World, phase: str) -> None:
    main, other = tell(world, answers={phase: "451 not now"})

    assert (0, 1) == (len(main.letters), len(other.letters))
    assert ["sent"] == [row.state for row in world.notices()]


def test_who_cannot_be_reached_is_passed_over(world: World) -> None:
    _, other = tell(world, url=NOBODY)

    assert 1 == len(other.letters)


def test_a_letter_that_is_refused_for_good_is_offered_to_nobody_else(world: World) -> None:
    _, other = tell(world, answers={"RCPT": "550 unknown"})

    assert ([], ["dead"]) == (other.letters, [row.state for row in world.notices()])


def test_what_one_may_have_the_other_does_not_get(world: World) -> None:
    _, other = tell(world, vanish=True)

    assert ([], ["held"]) == (other.letters, [row.state for row in world.notices()])


def test_who_was_ill_is_asked_last_for_a_while(world: World) -> None:
    async def story() -> tuple[list[int], Post]:
        answers = {"MAIL": "451 not now"}
        async with mail_server(answers=answers) as main, mail_server() as other:
            own = {"email": {"standby": other.url}}
            dispatcher = world.dispatcher(Settings(smtp_url=main.url, channels=own))
            taken = []
            for n in range(3):
                await asyncio.to_thread(world.tell, "delayed", revision=f"{n}")
                await dispatcher.step()
                taken.append(len(main.letters))
                answers.clear()  # it is well again
                world.now += REST / 2
            await dispatcher.stop()
            return taken, other

    world.add_order()
    taken, other = asyncio.run(story())

    assert ([0, 0, 1], 2) == (taken, len(other.letters))
