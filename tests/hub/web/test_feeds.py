"""A till behind a router comes and asks: what the webhook says, in order, and nothing is missed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from hub.config import Settings, Sink
from hub.store import feeds
from hub.web import feeds as feeds_of_the_web
from hub.web import problems
from tests.hub.notify.servers import Partner, partner
from tests.hub.notify.world import NOW, SECRET, World
from tests.hub.serving import Reply, Served, serving

KEY, OTHER = "till-key-of-sixteen", "other-key-of-sixteen"
SINKS = (Sink(name="till", key=KEY), Sink(name="other", key=OTHER))
SETTINGS = Settings(sinks=SINKS)


@pytest.fixture
def hub(world: World) -> Iterator[Served]:
    app = FastAPI()
    problems.install(app)
    app.include_router(feeds_of_the_web.router(world.store, SETTINGS))
    with serving(app, world.store) as served:
        yield served


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path)
    yield opened
    opened.store.close()


def ask(hub: Served, query: str = "", *, key: str = KEY, sink: str = "till") -> Reply:
    return hub.ask(f"/v1/sinks/{sink}/feed{query}", headers={"authorization": f"Bearer {key}"})


def lay_out(world: World, *names: str, sink: str = "till") -> None:
    for name in names:
        world.store.write_now(lambda c, name=name: feeds.put(c, sink, name, b'{"n":1}', world.now))


def tell(world: World, settings: Settings) -> None:
    async def story() -> None:
        dispatcher = world.dispatcher(settings)
        while await dispatcher.step():
            pass
        await dispatcher.stop()

    asyncio.run(story())


def test_a_till_is_told_in_order_and_each_once(world: World, hub: Served) -> None:
    world.add_order()
    for milestone in ("shipped", "out_for_delivery", "delivered"):
        world.tell(milestone)
        tell(world, SETTINGS)
    page = ask(hub).json()

    told = [one["body"]["data"]["milestone"] for one in page["messages"]]
    assert ["shipped", "out_for_delivery", "delivered"] == told
    assert ("3", False) == (page["next"], page["more"])
    assert {"messages": [], "next": "3", "more": False} == ask(hub, "?after=3").json()


def test_a_message_is_the_same_whether_it_is_brought_or_fetched(world: World, hub: Served) -> None:
    async def story() -> Partner:
        async with partner() as store:
            both = Sink(name="till", url=store.url, secret=SECRET, key=KEY)
            settings = Settings(sinks=[both], sink_networks=["127.0.0.0/8"])
            dispatcher = world.dispatcher(settings)
            await dispatcher.step()
            await dispatcher.stop()
            return store

    world.add_order()
    world.tell("shipped")
    hook = asyncio.run(story()).received[0]
    reply = ask(hub)
    message = reply.json()["messages"][0]

    assert hook.headers["webhook-id"] == message["id"]
    assert hook.body in reply.body


def test_a_sink_that_only_asks_is_sent_nothing(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    tell(world, Settings(sinks=[SINKS[0]]))

    assert {("email", "sent"), ("feed", "sent")} == {
        (row.channel, row.state) for row in world.notices()
    }


def test_pages_are_bounded_and_miss_nothing(world: World, hub: Served) -> None:
    names = [f"msg_{n}" for n in range(7)]
    lay_out(world, *names)
    seen, after, more = [], "0", True
    while more:
        page = ask(hub, f"?after={after}&limit=3").json()
        seen += [one["id"] for one in page["messages"]]
        assert 3 >= len(page["messages"])
        after, more = page["next"], page["more"]

    assert names == seen


def test_what_is_laid_out_twice_lies_there_once_and_leaves_no_gap(
    world: World, hub: Served
) -> None:
    lay_out(world, "a", "a", "b", "a", "c")

    assert ["a", "b", "c"] == [one["id"] for one in ask(hub).json()["messages"]]
    assert "3" == ask(hub).json()["next"]


@pytest.mark.parametrize(
    "key, sink", [("", "till"), (OTHER, "till"), (KEY, "other"), (KEY, "nobody"), ("\xe5", "till")]
)
def test_a_key_opens_its_own_feed_and_no_other(
    world: World, hub: Served, key: str, sink: str
) -> None:
    lay_out(world, "a", sink=sink)
    answer = ask(hub, key=key, sink=sink)

    assert (401, "/problems/key-missing") == (answer.status, answer.json()["type"])
    assert b'"a"' not in answer.body


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?after=", "?limit=0", "?limit=501"])
def test_a_cursor_that_is_none_is_refused(hub: Served, query: str) -> None:
    assert 400 == ask(hub, query).status


def test_a_till_that_stayed_away_too_long_is_told_so(world: World, hub: Served) -> None:
    lay_out(world, "a", "b")
    world.later(days=31)
    lay_out(world, "c")
    world.store.write_now(lambda c: feeds.forget(c, NOW.replace(day=30)))

    assert ["c"] == [one["id"] for one in ask(hub).json()["messages"]]
    assert ["c"] == [one["id"] for one in ask(hub, "?after=2").json()["messages"]]
    answer = ask(hub, "?after=1")
    assert (410, "/problems/cursor-too-old") == (answer.status, answer.json()["type"])


def test_a_till_that_stayed_away_until_all_was_forgotten_is_told_so(
    world: World, hub: Served
) -> None:
    lay_out(world, "a", "b")
    world.store.write_now(lambda c: feeds.forget(c, NOW.replace(day=30)))

    assert 410 == ask(hub, "?after=1").status
    assert 200 == ask(hub, "?after=2").status


@pytest.mark.parametrize(
    "wrong", [{}, {"url": "https://x.fi"}, {"secret": SECRET}, {"key": "short"}]
)
def test_a_sink_needs_a_way(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Sink(name="till", **wrong)
