"""Several dispatchers on one database: every notice once, in its order, whoever of them dies."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import text

from hub.config import Settings, Sink
from hub.notify.dispatcher import Dispatcher
from hub.notify.lanes import lanes
from hub.notify.planning import plan
from hub.notify.taking import take
from hub.store.session import Store
from tests.faults.hub_process import wait_for
from tests.faults.postgres import new_database
from tests.hub.notify.servers import partner, says
from tests.hub.notify.world import CATALOGUES, SECRET, World, until

ORDERS, CHANGES = 12, 6
BEAT = {"seconds": 2}  #: longer than between two renewals
LEASE = {"seconds": 11}


@pytest.fixture
def shared(postgresql: str, tmp_path: Path) -> Iterator[World]:
    """A database on a server, with a clock that all dispatchers look at."""
    opened = World(tmp_path, new_database(postgresql, f"tell_{uuid4().hex}"))
    yield opened
    opened.store.close()


class Process:
    """A dispatcher with connections of its own."""

    def __init__(self, world: World, url: str) -> None:
        sink = Sink(name="kassa", url=url, secret=SECRET)
        settings = Settings(sinks=[sink], sink_networks=["127.0.0.0/8"])
        self.store = Store(world.url)
        self.dispatcher = Dispatcher(self.store, settings, world.clock, CATALOGUES)
        self.running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.running = asyncio.create_task(self.dispatcher.run())

    async def stand_still(self) -> None:
        """Stop looking after anything; what is being sent is still on its way."""
        assert self.running is not None
        while not self.running.done():  # a cancellation may be lost in a wait that has just ended
            self.running.cancel()
            await asyncio.wait([self.running], timeout=0.1)

    async def stop(self, grace: float = 5) -> None:
        await self.dispatcher.stop(grace)
        if self.running is not None:
            await asyncio.wait([self.running])
        await asyncio.to_thread(self.store.close)


class Hanging:
    """A store system that keeps the first one waiting."""

    def __init__(self) -> None:
        self.waits, self.go_on = 0, asyncio.Event()

    async def answer(self, request: Any) -> Any:
        self.waits += 1
        if self.waits == 1:
            await self.go_on.wait()
        return await says(204)(request)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 30))


def posts(world: World) -> list[Any]:
    return [row for row in world.notices() if row.channel == "webhook"]


def states(world: World) -> list[str]:
    return [row.state for row in posts(world)]


def test_every_notice_is_sent_once_and_in_the_order_of_its_order(shared: World) -> None:
    for n in range(ORDERS):
        shared.add_order(f"o{n}", email=None)
    heard = defaultdict(list)

    def tell(n: int, step: int) -> None:
        shared.tell("shipped", order_id=f"o{n}", revision=f"{step}")

    async def story() -> None:
        async with partner() as kassa:
            processes = [Process(shared, kassa.url) for _ in range(3)]
            for one in processes:
                one.start()
            for step in range(CHANGES):
                for n in range(ORDERS):
                    await asyncio.to_thread(tell, n, step)
                    for one in processes:
                        one.dispatcher.wake()
            await until(lambda: len(kassa.received) >= ORDERS * CHANGES, seconds=30)
            for one in processes:
                await one.stop()
            for received in kassa.received:
                data = orjson.loads(received.body)["data"]
                heard[data["order_id"]].append(int(data["revision"]))

    run(story)

    assert {f"o{n}": list(range(CHANGES)) for n in range(ORDERS)} == heard
    assert {("sent", 1)} == {(row.state, row.attempts) for row in posts(shared)}


def test_a_change_is_not_planned_before_an_earlier_one_of_its_order(shared: World) -> None:
    shared.add_order()
    shared.tell("shipped", revision="1")
    house = shared.dispatcher()._house
    other = Store(shared.url)
    with other.engine.begin() as slow:
        assert 1 == plan(slow, house, shared.now).changes
        shared.tell("shipped", revision="2")
        meanwhile = shared.store.write_now(lambda c: plan(c, house, shared.now))
        taken = shared.store.write_now(lambda c: take(c, house, lanes(house), shared.now)).taken
    other.close()

    assert (0, []) == (meanwhile.changes, [one.row.revision for one in taken])


def test_what_is_about_to_be_sent_is_known_to_whoever_plans_its_correction(shared: World) -> None:
    shared.add_order()
    shared.tell("delivered")
    house = shared.dispatcher()._house
    shared.store.write_now(lambda c: plan(c, house, shared.now))
    other = Store(shared.url)
    with ThreadPoolExecutor(1) as threads:
        with other.engine.begin() as slow:
            assert 1 == len(take(slow, house, lanes(house), shared.now).taken)
            shared.correct("delivered")
            planning = threads.submit(shared.store.write_now, lambda c: plan(c, house, shared.now))
            wait_for(lambda: planning.done() or waits(other), "the planner to wait, or to end")
        planning.result(timeout=30)
    other.close()

    assert [("delivered", "leased"), ("correction", "due")] == [one[:2] for one in shared.states()]


def waits(store: Store) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return store.read_now(lambda c: c.execute(query).scalar_one()) > 0


# --- leases ------------------------------------------------------------------------------------


def test_what_is_being_sent_stays_its_senders_however_long_it_takes(shared: World) -> None:
    shared.add_order(email=None)

    async def story() -> None:
        system = Hanging()
        async with partner(system.answer) as kassa:
            first = Process(shared, kassa.url)
            first.start()
            await asyncio.to_thread(shared.tell, "shipped")
            await until(lambda: system.waits)
            second = Process(shared, kassa.url)  # starts beside a sender that is at work
            for _ in range(12):
                shared.later(**BEAT)
                until_ = shared.now + timedelta(seconds=5)
                first.dispatcher.wake()
                await until(lambda u=until_: posts(shared)[0].lease_until > u)
                await second.dispatcher.step()
            assert (["leased"], 1) == (states(shared), system.waits)
            system.go_on.set()
            await until(lambda: first.dispatcher.counts.sent)
            for one in (first, second):
                await one.stop()

    run(story)

    assert (["sent"], [1]) == (states(shared), [row.attempts for row in posts(shared)])


def test_who_stands_still_longer_than_the_lease_does_not_count_any_more(shared: World) -> None:
    shared.add_order(email=None)

    async def story() -> None:
        system = Hanging()
        async with partner(system.answer) as kassa:
            first, second = Process(shared, kassa.url), Process(shared, kassa.url)
            first.start()
            await asyncio.to_thread(shared.tell, "shipped")
            await until(lambda: system.waits)
            await first.stand_still()
            shared.later(**LEASE)
            await second.dispatcher.step()
            assert 1 == second.dispatcher.counts.sent
            system.go_on.set()
            await until(lambda: first.dispatcher.counts.fenced)
            assert 1 == len({one.headers["webhook-id"] for one in kassa.received})
            for one in (first, second):
                await one.stop()

    run(story)

    assert ["sent"] == states(shared)
    assert ["ambiguous", "sent"] == [row.outcome for row in shared.attempts()]


def test_who_is_stopped_gives_back_what_it_could_not_end(shared: World) -> None:
    shared.add_order(email=None)

    async def story() -> None:
        system = Hanging()
        async with partner(system.answer) as kassa:
            first, second = Process(shared, kassa.url), Process(shared, kassa.url)
            first.start()
            await asyncio.to_thread(shared.tell, "shipped")
            await until(lambda: system.waits)
            await first.stop(grace=0.1)
            assert ["due"] == states(shared)
            await second.dispatcher.step()
            system.go_on.set()
            await second.stop()

    run(story)

    assert (["sent"], [2]) == (states(shared), [row.attempts for row in posts(shared)])
