"""An order as it moves: what a listener sees, when, and who may listen."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.live.in_process import InProcess
from hub.store.session import Store
from state_machine.events import OrderKey
from tests.hub.live.engines import two, until
from tests.hub.serving import stored
from tests.hub.web.conftest import ADMIN, WRITE, believe
from tests.hub.web.streaming import BELIEF, DEADLINE, READS, listening, moves, web

ORDER = "kauppa:1001"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with stored(tmp_path) as opened:
        believe(opened, OrderKey("kauppa", "1001"), "#1001")
        yield opened


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 6 * DEADLINE))


def test_a_listener_sees_the_order_now_and_whenever_it_moves(store: Store, url: str | None) -> None:
    """Whether this process committed it or another: nobody looks at the database here."""

    async def story() -> None:
        async with (
            two(url) as ends,
            web(store, ends.there) as process,
            listening(process.port, ORDER) as mine,
        ):
            assert mine.answer.headers["Content-Type"].startswith("text/event-stream")
            assert (await mine.snapshot())["version"] == 7
            for version in (8, 9):
                moves(store, ORDER, version)
                ends.here.moved({ORDER: version})
                assert (await mine.snapshot())["version"] == version

    run(story())


def test_what_no_bus_tells_is_found_by_looking(store: Store) -> None:
    async def story() -> None:
        async with web(store, InProcess()) as process, listening(process.port, ORDER) as mine:
            assert (await mine.snapshot())["version"] == 7
            looking = asyncio.create_task(process.streams.run())
            moves(store, ORDER, 8)
            assert (await mine.snapshot(seconds=3))["version"] == 8
            await process.streams.stop()
            await looking

    run(story())


def test_the_label_is_in_the_language_asked_for_and_codes_need_an_admin(store: Store) -> None:
    async def story() -> None:
        swedish = {"Accept-Language": "sv"}
        async with web(store, InProcess()) as process:
            async with listening(process.port, ORDER, swedish) as mine:
                seen = await mine.snapshot()
                assert ("Retur påbörjad", "sv") == (
                    seen["label"], mine.answer.headers["Content-Language"],
                )  # fmt: skip
                assert "pickup_code" not in seen["parcels"][0]
            async with listening(process.port, ORDER, key=ADMIN) as chief:
                assert (await chief.snapshot())["parcels"][0]["pickup_code"] == "4711"

    run(story())


@pytest.mark.parametrize("seen", ["6", "8", "x", "-7", "9" * 40, ""])
def test_who_comes_back_having_seen_another_version_sees_this_one_at_once(
    store: Store, seen: str
) -> None:
    async def story() -> None:
        async with (
            web(store, InProcess()) as process,
            listening(process.port, ORDER, {"Last-Event-ID": seen}) as mine,
        ):
            assert (await mine.snapshot())["version"] == 7

    run(story())


def test_who_comes_back_having_seen_this_version_waits_for_the_next(store: Store) -> None:
    async def story() -> None:
        live = InProcess()
        async with (
            web(store, live) as process,
            listening(process.port, ORDER, {"Last-Event-ID": "7"}) as mine,
        ):
            with pytest.raises(TimeoutError):
                await mine.event(seconds=0.3)
            moves(store, ORDER, 8)
            live.moved({ORDER: 8})
            assert (await mine.snapshot())["version"] == 8

    run(story())


def test_of_many_changes_in_a_moment_the_last_one_is_seen(store: Store) -> None:
    async def story() -> None:
        live = InProcess()
        async with web(store, live) as process, listening(process.port, ORDER) as mine:
            await mine.event()
            for version in range(8, 60):
                moves(store, ORDER, version)
                live.moved({ORDER: version})
            assert (await mine.snapshot())["version"] == 59

    run(story())


def test_a_silent_stream_says_now_and_then_that_it_is_there(store: Store) -> None:
    async def story() -> None:
        async with (
            web(store, InProcess(), heartbeat=0.1) as process,
            listening(process.port, ORDER) as mine,
        ):
            await mine.event()
            with pytest.raises(TimeoutError):
                await mine.event(seconds=0.5)
            assert mine.comments > 1

    run(story())


def test_when_the_hub_stops_every_stream_ends(store: Store) -> None:
    async def story() -> None:
        async with web(store, InProcess()) as process, listening(process.port, ORDER) as mine:
            await mine.event()
            await process.streams.stop()
            assert await mine.event() == {}

    run(story())


@pytest.mark.parametrize(
    "order, key, status, kind",
    [
        (ORDER, "nobody", 401, "key-missing"),
        (ORDER, WRITE, 403, "scope-missing"),
        ("kauppa:none", None, 404, "unknown-order"),
    ],
)
def test_who_may_not_listen_is_told_why(
    store: Store, order: str, key: str | None, status: int, kind: str
) -> None:
    async def story() -> None:
        async with web(store, InProcess()) as process:
            keys = {"key": key} if key else {}
            async with listening(process.port, order, **keys) as mine:
                said = orjson.loads(await mine.answer.read())
                assert (status, f"/problems/{kind}") == (mine.answer.status, said["type"])

    run(story())


def test_one_too_many_is_asked_to_come_back_and_finds_the_place_of_who_left(store: Store) -> None:
    async def story() -> None:
        live = InProcess()
        async with web(store, live, most=1) as process:
            async with listening(process.port, ORDER) as first:
                await first.event()
                async with listening(process.port, ORDER) as second:
                    assert (503, "5") == (
                        second.answer.status, second.answer.headers["Retry-After"],
                    )  # fmt: skip
            await until(lambda: not live.watched())
            async with listening(process.port, ORDER) as third:
                assert await third.event()

    run(story())


def test_a_listener_who_does_not_read_is_cut_off(store: Store) -> None:
    """What waits for it meanwhile is one word, whatever happens to the order."""

    async def story() -> None:
        live = InProcess()
        snapshot = orjson.loads(store.read_now(lambda c: c.execute(BELIEF.select()).one().snapshot))
        snapshot["lines"] *= 100_000  # 25 MB: more than any buffer holds
        async with web(store, live) as process:
            with socket.create_connection(("127.0.0.1", process.port)) as deaf:
                deaf.sendall(f"GET /v1/orders/{ORDER}/events HTTP/1.1\r\n{READS}\r\n".encode())
                await until(live.watched)
                moves(store, ORDER, 8, snapshot=orjson.dumps(snapshot).decode())
                live.moved({ORDER: 8})
                await until(lambda: not live.watched())

    run(story())
