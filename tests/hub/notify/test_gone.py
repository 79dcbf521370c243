"""A store system that says it is gone is posted nothing more until a person enables it again."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from typer.testing import CliRunner

from hub.app import checks
from hub.cli.main import app
from hub.config import Settings, Sink
from hub.notify import gone
from hub.readiness import examine
from hub.telemetry import ALERTS
from tests.databases import migrated
from tests.hub.notify.servers import Partner, partner
from tests.hub.notify.world import SECRET, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world whose tables were migrated, so that commands work beside it."""
    url = migrated(f"sqlite:///{tmp_path}/hub.db")
    opened = World(tmp_path, url)
    opened.add_order(email=None)
    yield opened
    opened.store.close()


class Shop:
    """A store system, a second one that is well, and a hub that posts to both."""

    def __init__(self, world: World, till: Partner, other: Partner) -> None:
        self.world, self.till, self.other = world, till, other
        self.status = 410

    def settings(self, path: str = "") -> Settings:
        sinks = [
            Sink(name="kassa", url=f"{self.till.url}{path}", secret=SECRET, key="k" * 16),
            Sink(name="toinen", url=self.other.url, secret=SECRET),
        ]
        there = {"database_url": self.world.url, "sink_networks": ["127.0.0.0/8"]}
        return Settings(sinks=sinks, **there)

    async def tells(self, *milestones: str, path: str = "") -> None:
        """Let a hub that starts now tell of these."""
        for milestone in milestones:
            await asyncio.to_thread(self.world.tell, milestone, revision=f"{self.world.now}")
        hub = self.world.dispatcher(self.settings(path))
        while await hub.step():
            pass
        await hub.stop()

    async def types(self, *words: str) -> Any:
        """Let an operator type a command beside the hub."""
        sinks = [one.model_dump(mode="json", exclude_none=True) for one in self.settings().sinks]
        sinks = [{**one, "secret": SECRET, "key": "k" * 16} for one in sinks]
        named = {"TILANNE_DATABASE_URL": self.world.url, "TILANNE_SINKS": json.dumps(sinks)}
        ran = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--json"], env=named)
        assert 0 == ran.exit_code, ran.output
        return orjson.loads(ran.stdout)


def play(world: World, story: Any) -> Shop:
    async def played() -> Shop:
        async with partner() as till, partner() as other:
            shop = Shop(world, till, other)

            async def answer(request: web.Request) -> web.Response:
                return web.Response(status=shop.status, text="I have moved out")

            till.answer = answer
            await story(shop)
            return shop

    return asyncio.run(played())


def told(world: World, sink: str = "kassa") -> list[tuple[str, str, str | None]]:
    return [
        (row.milestone, row.state, row.reason)
        for row in world.notices()
        if (row.channel, row.recipient) == ("webhook", sink)
    ]


GONE = "the address is closed: gone: 410 Gone: I have moved out"


def test_after_410_nothing_more_is_posted_there_and_every_notice_says_why(world: World) -> None:
    before = ALERTS.labels("sink_gone")._value.get()

    async def story(shop: Shop) -> None:
        await shop.tells("shipped")
        await shop.tells("out_for_delivery", "delivered")  # by a hub that was started anew

    shop = play(world, story)

    assert (1, 3) == (len(shop.till.received), len(shop.other.received))
    assert ["shipped", "out_for_delivery", "delivered"] == [one[0] for one in told(world)]
    assert {("suppressed", GONE)} == {one[1:] for one in told(world)}
    assert 1 == ALERTS.labels("sink_gone")._value.get() - before


def test_who_fetches_for_itself_goes_on_fetching(world: World) -> None:
    async def story(shop: Shop) -> None:
        await shop.tells("shipped")
        await shop.tells("delivered")

    play(world, story)
    feed = [row.state for row in world.notices() if row.channel == "feed"]

    assert ["sent", "sent"] == feed


def test_a_person_who_enables_it_lets_it_hear_what_it_missed_in_order(world: World) -> None:
    async def story(shop: Shop) -> None:
        await shop.tells("shipped")
        await shop.tells("out_for_delivery", "delivered")
        (first, _) = (await shop.types("sinks", "list"))["sinks"]
        assert ("kassa", 3) == (first["name"], first["missed"])
        assert first["since"] is not None
        shop.status = 204
        assert 3 == (await shop.types("sinks", "enable", "kassa"))["released"]
        await shop.tells()

    shop = play(world, story)
    types = [json.loads(one.body)["type"] for one in shop.till.received]

    assert ["shipped", "out_for_delivery", "delivered"] == [one.split(".")[-1] for one in types[1:]]
    assert types[0] == types[1]
    assert ["sent"] * 3 == [state for _, state, _ in told(world)]
    assert 3 == len({one.headers["webhook-id"] for one in shop.till.received})


def test_what_is_no_news_any_more_is_not_told_when_it_is_enabled(world: World) -> None:
    async def story(shop: Shop) -> None:
        await shop.tells("shipped")
        world.later(days=8)
        shop.status = 204
        await shop.types("sinks", "enable", "kassa")
        await shop.tells("delivered")

    shop = play(world, story)

    assert 2 == len(shop.till.received)
    assert ["suppressed", "sent"] == [state for _, state, _ in told(world)]


def test_another_url_in_the_settings_is_posted_to_at_once(world: World) -> None:
    async def story(shop: Shop) -> None:
        await shop.tells("shipped")
        shop.status = 204
        await shop.tells("delivered", path="/moved")

    play(world, story)

    assert ["suppressed", "sent"] == [state for _, state, _ in told(world)]


def test_it_is_seen_by_whoever_looks_at_the_hub(world: World) -> None:
    async def story(shop: Shop) -> None:
        looks = checks(shop.settings(), world.store, world.clock)
        seen = [{one.what: one for one in await examine(looks)}["store systems"]]
        await shop.tells("shipped")
        seen.append({one.what: one for one in await examine(looks)}["store systems"])
        assert [(True, False), (False, False)] == [(one.well, one.vital) for one in seen]
        assert "1 said that it is gone, and is posted nothing" == seen[1].found

    play(world, story)


def test_only_a_sink_that_is_posted_to_can_be_enabled(world: World) -> None:
    def enable(connection: Any) -> None:
        gone.enable(connection, Settings(), "kassa", world.now)

    with pytest.raises(LookupError):
        world.store.write_now(enable)
