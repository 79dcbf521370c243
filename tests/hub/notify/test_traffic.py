"""A sink that fails is left alone; the others are told meanwhile, and so is it when it is back."""

import asyncio
from datetime import timedelta

from aiohttp import web

from hub.config import Settings
from hub.notify.breaker import FIRST_PAUSE
from tests.hub.notify.servers import partner
from tests.hub.notify.test_dispatcher import sinks
from tests.hub.notify.world import World

ORDERS = 40
AT_ONCE = 16  #: webhooks to one sink


def test_a_sink_that_fails_is_left_alone_and_told_the_rest_when_it_is_back(world: World) -> None:
    ill = True

    async def moody(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=503 if ill else 204)

    async def story() -> tuple[int, int, int, list[int]]:
        nonlocal ill
        async with partner(moody) as bad, partner() as good:
            dispatcher = world.dispatcher(Settings(**sinks(bad.url, good.url)))
            while await dispatcher.step():
                pass
            tried, told = len(bad.received), len(good.received)
            ill = False
            world.now += FIRST_PAUSE
            await dispatcher.step()
            probes = len(bad.received) - tried
            world.now += timedelta(seconds=60)
            while await dispatcher.step():
                pass
            await dispatcher.stop()
            return tried, told, probes, [row.attempts for row in world.notices()]

    for n in range(ORDERS):
        world.add_order(f"o{n}", email=None)
        world.tell("shipped", order_id=f"o{n}")
    tried, told, probes, attempts = asyncio.run(story())

    assert (ORDERS, 1) == (told, probes)
    assert AT_ONCE >= tried
    assert {"sent"} == {row.state for row in world.notices() if row.channel == "webhook"}
    assert 2 >= max(attempts)
