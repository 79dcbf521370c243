"""Time passes: promises break, parcels wait too long, raw bytes are forgotten."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from connectors.contract import BadSignature, Raw
from hub.config import Settings
from hub.live.in_process import InProcess
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.queries.tallies import backlog
from hub.scheduler import facts
from hub.scheduler.promises import watch_promises
from hub.scheduler.retention import forget_raws
from hub.scheduler.timetable import timetable
from hub.store import log
from hub.store.facts import encode
from hub.store.session import Store
from hub.store.tables import RawRow, table
from hub.store.tables_of_notices import OutboxRow
from state_machine.events import (
    Event,
    Ordered,
    OrderedLine,
    OrderKey,
    ParcelAnnounced,
    ParcelRef,
    ParcelScanned,
    PromiseMade,
)
from state_machine.lifecycle import Stage

RAW = table(RawRow)
OUTBOX = table(OutboxRow)

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
KEY = OrderKey("kauppa", "1")
PARCEL = ParcelRef(id="p1", number="JJFI1")


class World:
    """A store, a pipeline and a clock that tests move."""

    def __init__(self, url: str) -> None:
        self.now = START
        self.store = Store(url)
        SQLModel.metadata.create_all(self.store.engine)
        translator = Translator({facts.NAME: facts.registered()}, Settings())
        self.pipeline = Pipeline(self.store, translator, lambda _: None)

    def clock(self) -> datetime:
        return self.now

    def tell(self, *events: Event) -> None:
        body = f"[{','.join(encode(event) for event in events)}]".encode()
        row = {"connector": facts.NAME, "source": "x", "received_at": self.now}
        asyncio.run(self.store.append(log.append, row | {"headers": "{}", "body": body}))
        self.drain()

    def drain(self) -> None:
        async def go() -> None:
            while await self.pipeline.step():
                pass

        asyncio.run(go())

    def waiting(self) -> int:
        """How many deliveries nobody has read yet."""
        return self.store.read_now(backlog).size

    def watch(self) -> int:
        found = asyncio.run(watch_promises(self.store, self.clock, self.pipeline.arrived))
        self.drain()
        return found

    def told(self) -> list[str]:
        query = select(OUTBOX.c.milestone).order_by(OUTBOX.c.id)
        return list(self.store.read_now(lambda c: c.execute(query).scalars()))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path}/hub.db")
    yield made
    made.store.close()


def order() -> tuple[Event, Event]:
    lines = (OrderedLine("1", 1, "KUPPI", "Kahvikuppi"),)
    return (
        Event(
            id="placed",
            occurred_at=START,
            about=KEY,
            what=Ordered(number="#1", placed_at=START, lines=lines),
        ),
        Event(id="parcel", occurred_at=START, about=KEY, what=ParcelAnnounced(parcel=PARCEL)),
    )


def promise(latest: datetime) -> Event:
    what = PromiseMade(latest=latest, parcel=PARCEL)
    return Event(id=f"promise:{latest}", occurred_at=START, about=KEY, what=what)


def scan(stage: Stage, at: datetime, **details: datetime) -> Event:
    what = ParcelScanned(parcel=PARCEL, stage=stage, **details)  # type: ignore[arg-type]
    return Event(id=f"scan:{stage}", occurred_at=at, about=KEY, what=what)


def test_a_broken_promise_is_told_before_the_customer_asks_and_only_once(world: World) -> None:
    world.tell(*order(), promise(START + timedelta(hours=10)))
    assert world.watch() == 0

    world.now = START + timedelta(hours=13)

    assert world.watch() == 1
    assert world.watch() == 0
    assert world.told() == ["order_placed", "delayed"]


def test_a_promise_that_was_kept_never_breaks(world: World) -> None:
    at = START + timedelta(hours=9)
    world.tell(*order(), promise(START + timedelta(hours=10)), scan(Stage.DELIVERED, at))

    world.now = START + timedelta(days=3)

    assert world.watch() == 0
    assert "delayed" not in world.told()


def test_a_parcel_nobody_collects_is_reminded_of_once(world: World) -> None:
    keep = START + timedelta(days=7)
    world.tell(*order(), scan(Stage.READY_FOR_PICKUP, START, keep_until=keep))

    world.now = keep - timedelta(days=3)
    assert world.watch() == 0
    world.now = keep - timedelta(days=1)

    assert world.watch() == 1
    assert world.watch() == 0
    assert world.told()[-1] == "pickup_reminder"


def test_raw_bytes_are_forgotten_when_all_in_them_is_applied(world: World) -> None:
    world.tell(*order())
    stranger = ParcelScanned(parcel=ParcelRef(id="q"), stage=Stage.IN_TRANSIT)
    elsewhere = OrderKey("kauppa", "404")
    world.tell(Event(id="lost", occurred_at=START, about=elsewhere, what=stranger))

    gone = asyncio.run(forget_raws(world.store, START + timedelta(days=31), days=30))

    assert gone == 1
    left = world.store.read_now(lambda c: c.execute(select(func.count(RAW.c.id))).scalar_one())
    assert left == 1  # the parked one waits on


def test_nobody_outside_speaks_for_the_clock() -> None:
    raw = Raw(body=b"[]", headers={}, received_at=START, source="time")

    with pytest.raises(BadSignature):
        facts.verify(raw, "any")


def test_the_timetable_ticks_by_itself(world: World) -> None:
    world.tell(*order(), promise(START + timedelta(hours=1)))
    world.now = START + timedelta(hours=9)

    async def go() -> None:
        arrived = asyncio.Event()
        ticker = timetable(
            world.store,
            Settings(),
            world.clock,
            arrived=arrived.set,
            recheck=world.pipeline.recheck,
            leader=InProcess(),
        )
        ticker.modify_job("promises", next_run_time=datetime.now(UTC))  # noqa: TID251
        ticker.start()
        try:
            await asyncio.wait_for(arrived.wait(), 10)
        finally:
            ticker.shutdown(wait=False)

    asyncio.run(go())
    world.drain()

    assert world.told()[-1] == "delayed"


def test_every_job_begins_when_the_hub_does(world: World) -> None:
    """A hub that is restarted every few hours forgets old raws all the same."""
    nothing = world.pipeline.recheck
    ticker = timetable(
        world.store,
        Settings(),
        world.clock,
        arrived=lambda: None,
        recheck=nothing,
        leader=InProcess(),
    )
    pending = {job.id: job.next_run_time for job in ticker.get_jobs()}

    assert dict.fromkeys(("promises", "recheck", "expiry", "retention"), START) == pending
