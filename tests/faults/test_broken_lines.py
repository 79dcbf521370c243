"""PostgreSQL goes away in the middle: nothing is said to be durable that may not be, nothing twice.

When the line breaks while the server is asked to commit, nobody can tell whether it has. Then the
hub says so, and whoever repeats what he wanted does no harm.
"""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from hub.store import log
from hub.store.migrate import migrate
from hub.store.session import OutcomeUnknown, Store, StoreUnavailable
from state_machine.lifecycle import Stage
from tests.builders import a_parcel, an_order, story
from tests.cluster.servers import PostgreSQL
from tests.databases import migrated
from tests.faults.cut_line import CutLine
from tests.faults.hub_process import wait_for
from tests.faults.postgres import new_database
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World

KILL = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def database(postgresql: str) -> str:
    return migrated(new_database(postgresql, f"cut_{uuid4().hex}"))


@pytest.fixture
def line(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CutLine]:
    cut = CutLine(database, tmp_path_factory.mktemp("l"))
    yield cut
    cut.close()


def raw(body: bytes) -> dict[str, Any]:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return {"connector": "x", "source": "x", "received_at": at, "headers": "{}", "body": body}


def bodies(store: Store) -> list[bytes]:
    return [one.body for one in store.read_now(lambda c: log.after(c, 0, 1000))]


@pytest.mark.parametrize(("cut", "kept"), [("before", []), ("after", [b"1"])])
def test_a_line_that_breaks_at_the_commit_leaves_open_whether_it_is_durable_and_says_so(
    line: CutLine, cut: str, kept: list[bytes]
) -> None:
    store = Store(line.url)
    line.cuts = [cut]
    with pytest.raises(OutcomeUnknown, match="nobody can tell whether it is durable"):
        asyncio.run(store.append(log.append, raw(b"1")))
    wait_for(lambda: kept == bodies(store), "the server to end what it had begun")
    asyncio.run(store.append(log.append, raw(b"2")))

    assert (1, [*kept, b"2"]) == (line.done, bodies(store))
    store.close()


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_batch_whose_commit_nobody_can_tell_of_is_applied_once(
    line: CutLine, cut: str, nth: int
) -> None:
    facts = story(an_order(mug=1), a_parcel("p", "JJ1", mug=1))
    world = World(line.url)
    for number, fact in enumerate(facts, 1):
        world.deliver(says(fact, id=f"{number}"))
    world.deliver(says(facts[0], id="1"))
    line.cuts = [""] * (nth - 1) + [cut]

    def works() -> bool:
        try:
            world.work()
        except (StoreUnavailable, log.CursorMoved):
            return False
        return True

    wait_for(works, "the pipeline to come through")

    assert ["applied", "applied", "duplicate"] == world.outcomes()
    assert 2 == len(world.timeline())
    assert [] == world.sums()
    world.store.close()


def test_whoever_repeats_what_was_not_said_to_be_durable_loses_nothing(database: str) -> None:
    store, killer, over = Store(database), Store(database), threading.Event()

    def kill() -> None:
        while not over.is_set():
            with killer.engine.connect() as connection:
                connection.execute(KILL)
            over.wait(0.005)

    async def send(number: int) -> None:
        for n in range(25):
            while True:
                try:
                    await store.append(log.append, raw(b"%d.%d" % (number, n)))
                except StoreUnavailable:
                    continue
                break

    async def go() -> None:
        await asyncio.gather(*(send(number) for number in range(8)))

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        asyncio.run(asyncio.wait_for(go(), 60))
    finally:
        over.set()
        killing.join()
        killer.close()

    found = bodies(store)
    assert {b"%d.%d" % (number, n) for number in range(8) for n in range(25)} == set(found)
    store.close()


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_is_restarted_is_waited_for_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    server = PostgreSQL(tmp_path_factory.mktemp("pg"))
    try:
        world = World(server.url)
        migrate(world.store)
        world.store.join()
        assert ["applied"] == world.hears(says(*story(an_order(mug=1)), id="1"))
        server.stop(how)
        with pytest.raises(StoreUnavailable):
            world.deliver(says(id="2"))
        server.start()
        seen = world.hears(says(*story(an_order(mug=1), a_parcel("p", mug=1))[1:], id="2"))

        assert ["applied", "applied"] == seen
        assert Stage.ANNOUNCED == world.order()["parcels"][0]["stage"]
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'"
        assert 0 < int(str(server.ask(held)))  # the hub says again that it is at work
        world.store.close()
    finally:
        server.close()
