"""What the live bus promises, whichever engine carries it."""

import asyncio
from collections import Counter

import pytest

from hub.live.contract import rest
from tests.hub.live.engines import DEADLINE, two, until


def test_a_bell_is_heard_at_both_ends_by_all_who_want_to(url: str | None) -> None:
    async def go() -> Counter[str]:
        heard: Counter[str] = Counter()
        async with two(url) as ends:
            ends.here.arrived.heard_by(lambda: heard.update(["here"]))
            ends.there.arrived.heard_by(lambda: heard.update(["there"]))
            ends.there.arrived.heard_by(lambda: heard.update(["there, too"]))
            ends.there.changed.heard_by(lambda: heard.update(["another bell"]))
            ends.here.arrived.ring()
            await until(lambda: len(heard) == 3)
            await rest(0.1)
        return heard

    assert {"here": 1, "there": 1, "there, too": 1} == asyncio.run(go())


def test_many_rings_at_once_are_heard_but_not_each_for_itself(url: str | None) -> None:
    async def go() -> int:
        heard = 0

        def hear() -> None:
            nonlocal heard
            heard += 1

        async with two(url) as ends:
            if ends.here is ends.there:
                return 1
            ends.there.arrived.heard_by(hear)
            for _ in range(1000):
                ends.here.arrived.ring()
            await until(lambda: heard)
            await rest(0.1)
        return heard

    assert asyncio.run(go()) == 1


def test_who_watches_an_order_hears_of_its_new_version_and_of_no_other_order(
    url: str | None,
) -> None:
    async def go() -> None:
        async with two(url) as ends:
            with ends.there.watch("shop:1") as mine, ends.there.watch("shop:2") as other:
                ends.here.moved({"shop:1": 3, "shop:3": 1})
                assert await asyncio.wait_for(mine.news(), DEADLINE)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(other.news(), 0.1)

    asyncio.run(go())


def test_a_version_that_was_shown_is_no_news(url: str | None) -> None:
    async def go() -> None:
        async with two(url) as ends:
            with ends.there.watch("shop:1") as mine:
                mine.seen = 3
                ends.here.moved({"shop:1": 3})
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(mine.news(), 0.1)
                ends.here.moved({"shop:1": 4})
                assert await asyncio.wait_for(mine.news(), DEADLINE)

    asyncio.run(go())


def test_who_is_slow_has_one_piece_of_news_waiting_however_many_there_were(
    url: str | None,
) -> None:
    async def go() -> None:
        async with two(url) as ends:
            with ends.there.watch("shop:1") as mine:
                for version in range(1, 10_000):
                    ends.here.moved({"shop:1": version})
                assert await asyncio.wait_for(mine.news(), DEADLINE)
                await rest(0.1)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(mine.news(), 0.1)

    asyncio.run(go())


def test_what_is_watched_is_known_for_as_long_as_it_is(url: str | None) -> None:
    async def go() -> None:
        async with two(url) as ends:
            with ends.there.watch("shop:1"), ends.there.watch("shop:1"):
                assert ["shop:1", "shop:1"] == [one.order for one in ends.there.watched()]
            assert ends.there.watched() == []

    asyncio.run(go())


def test_when_the_hub_closes_every_watch_ends_and_none_begins(url: str | None) -> None:
    async def go() -> None:
        async with two(url) as ends:
            with ends.there.watch("shop:1") as early:
                ends.there.end()
                assert not await asyncio.wait_for(early.news(), DEADLINE)
            with ends.there.watch("shop:1") as late:
                assert not await asyncio.wait_for(late.news(), DEADLINE)

    asyncio.run(go())
