"""Somebody watches an order in one process while another one moves it, with a Redis and without."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from tests.faults.facts import STEPS, fact
from tests.faults.hub_process import KEY, HubProcess, wait_for
from tests.faults.postgres import new_database
from tests.hub.live.engines import Server, server
from tests.hub.web.streaming import Listening, listening
from tests.journeys.parts import Parts

ORDER = "kauppa:1"
SOON_S = 5.0  #: seconds; a look a second, on a machine that has other things to do


@pytest.fixture
def parts(tmp_path: Path, postgresql: str) -> Iterator[Parts]:
    with ExitStack() as stack:
        yield Parts(stack, tmp_path, new_database(postgresql, f"live{uuid4().hex}"))


@pytest.fixture
def valkey_of_its_own() -> Iterator[Server]:
    with server() as running:
        yield running


def redis(process: HubProcess) -> dict[str, object]:
    checks = json.loads(process.ask("/health/ready")[1])["checks"]
    found: dict[str, object] = next(one for one in checks if one["what"] == "redis")
    return found


async def news(web: HubProcess, mine: Listening, step: str) -> str:
    """Deliver a fact; return the status the listener sees then."""
    began = monotonic()
    assert await asyncio.to_thread(web.deliver, fact(1, step)) in {200, 202, 204}
    status = str((await mine.snapshot())["status"])
    assert monotonic() - began < SOON_S
    return status


def test_an_order_is_seen_to_move_whatever_becomes_of_the_redis(
    parts: Parts, valkey_of_its_own: Server
) -> None:
    redis_url = {"TILANNE_REDIS_URL": valkey_of_its_own.url}
    web, worker = parts.start("web", **redis_url), parts.start("worker", **redis_url)
    assert redis(web)["well"]
    assert web.deliver(fact(1, STEPS[0])) < 300
    wait_for(lambda: web.ask(f"/v1/orders/{ORDER}")[0] == 200, "the order")

    async def watch() -> None:
        async with listening(web.port, ORDER, key=KEY) as mine:
            assert (await mine.snapshot())["status"] == "placed"
            assert await news(web, mine, STEPS[1]) == "processing"
            valkey_of_its_own.stop()
            assert await news(web, mine, STEPS[2]) == "out_for_delivery"
            assert await asyncio.to_thread(lambda: not redis(web)["well"])
            stopping = asyncio.create_task(asyncio.to_thread(web.stop))
            assert await mine.event() == {}
            assert await stopping == 0

    asyncio.run(watch())
    assert worker.stop() == 0


def test_a_hub_without_its_redis_is_ready_and_says_so(parts: Parts) -> None:
    web = parts.start("web", TILANNE_REDIS_URL="redis://127.0.0.1:9/0")

    found = redis(web)
    assert (False, "does not answer") == (found["well"], found["found"])
    assert "tilanne_redis_away 1.0" in web.ask("/metrics")[1].decode()
    assert web.deliver(fact(1, STEPS[0])) < 300
    assert web.stop() == 0
