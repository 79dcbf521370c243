"""Whether a notice kept its promise is counted when it is over: told in time, late, or given up."""

import asyncio

from hub import telemetry
from hub.config import Settings
from tests.hub.notify.servers import mail_server
from tests.hub.notify.world import World


def figure(name: str, **labels: str) -> float:
    return telemetry.REGISTRY.get_sample_value(name, {"channel": "email", **labels}) or 0


def send(world: World, milestone: str, waited: float, **server: object) -> tuple[float, float]:
    """Tell of something that came ``waited`` seconds ago; how many were told, and in breach."""
    told = "tilanne_accept_to_told_seconds_count"

    async def story() -> None:
        async with mail_server(**server) as post:
            dispatcher = world.dispatcher(Settings(smtp_url=post.url))
            await dispatcher.step()
            await dispatcher.stop()

    world.add_order()
    world.tell(milestone)
    world.later(seconds=waited)
    promised = {"objective": "returns" if "return" in milestone else "status"}
    names = (told, "tilanne_sla_breaches_total")
    before = [figure(name, **promised) for name in names]
    asyncio.run(story())
    return tuple(figure(name, **promised) - was for name, was in zip(names, before, strict=True))


def test_what_is_told_within_the_minute_keeps_its_promise(world: World) -> None:
    assert (1, 0) == send(world, "delivered", 59)


def test_what_is_told_later_breaks_it(world: World) -> None:
    assert (1, 1) == send(world, "delivered", 61)


def test_a_return_has_a_day(world: World) -> None:
    assert (1, 0) == send(world, "return_received", 3600)


def test_what_is_given_up_breaks_it_without_being_told(world: World) -> None:
    assert (0, 1) == send(world, "delivered", 1, answers={"RCPT": "550 unknown"})
