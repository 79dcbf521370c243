"""Several workers on one database: whoever takes a message, an order is the fold of its facts."""

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from hub.pipeline.apply import Applied, digest
from hub.pipeline.outcomes import settle, take_in
from hub.pipeline.rebuild import prove
from hub.pipeline.recent import Recent
from hub.pipeline.translate import Translated
from hub.queries.audit import audit
from hub.store import log
from hub.store.inbox import Delivery
from hub.store.session import Store
from hub.store.tables import BeliefRow, RawRow, TimelineRow, table
from hub.store.timeline import Arrival
from state_machine.events import (
    Event,
    Ordered,
    OrderedLine,
    OrderKey,
    ParcelAnnounced,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
    PaymentReceived,
    ReturnMoved,
    What,
)
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, hours
from tests.hub.pipeline.test_any_delivery import batches
from tests.hub.pipeline.world import World

RAW, BELIEF, TIMELINE = table(RawRow), table(BeliefRow), table(TimelineRow)
ORDERS = 8
few = settings(
    max_examples=max(60, settings.default.max_examples // 2),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def url(databases: dict[str, str], request: pytest.FixtureRequest) -> str:
    """Only a server has several workers."""
    return databases.setdefault("postgresql", request.getfixturevalue("postgresql"))


@pytest.fixture
def other(world: World, url: str) -> Iterator[World]:
    """A second worker, with connections and orders at hand of its own."""
    opened = World(url)
    yield opened
    opened.store.close()


@few
@given(told=batches(), dice=st.randoms(use_true_random=False))
def test_whoever_takes_which_batch_ends_in_the_fold_of_the_facts(
    world: World, other: World, told, dice: random.Random
) -> None:
    history, cut = told
    world.clear()
    other.begin()
    for messages in cut:
        world.deliver(*messages)
        dice.choice([world, other]).work()

    named = {
        fact.what.parcel.number
        for fact in history
        if isinstance(fact.what, ParcelAnnounced | ReturnMoved) and fact.what.parcel
    }
    facts = [f for f in history if not isinstance(f.about, ParcelKey) or f.about.number in named]
    assert world.sums() == []
    assert sorted(fact.id for fact in facts) == world.timeline()
    assert world.believes(facts)


# --- at the same time --------------------------------------------------------------------------


class Worker:
    """One of several that take messages from elsewhere, each with orders at hand of its own."""

    def __init__(self, url: str) -> None:
        self.store, self.recent = Store(url), Recent()

    def work(self, batch: Sequence[Translated]) -> None:
        def work(connection: Connection) -> Applied:
            applied = Applied()
            fresh, _ = take_in(connection, batch)
            parked, added = digest(connection, fresh, applied, self.recent)
            settle(connection, fresh, parked=parked, added=added)
            return applied

        self.recent.keep(self.store.write_now(work).at_hand)


def of(n: int, hour: int, what: What) -> Event:
    key = OrderKey("kauppa", f"{n}")
    return Event(id=f"{n} {hour} {what.kind}", occurred_at=hours(hour), about=key, what=what)


def story(n: int) -> list[Event]:
    """What happens to one order; half of it is told by a carrier, who knows only the number."""
    lines = (OrderedLine(id="1", quantity=1, sku=f"mug {n % 5}"),)
    number = f"JJ{n}"
    about, ref = ParcelKey(number), ParcelRef(number=number)
    stages = [Stage.HANDED_OVER, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED]
    return [
        of(n, 0, Ordered(number=f"#{n}", placed_at=MONDAY, lines=lines)),
        of(n, 1, PaymentReceived()),
        of(n, 2, ParcelAnnounced(parcel=ParcelRef(id="p", number=number))),
        *(
            Event(
                id=f"{n} {stage}",
                occurred_at=hours(3 + hour),
                about=about,
                what=ParcelScanned(parcel=ref, stage=stage),
            )
            for hour, stage in enumerate(stages)
        ),
    ]


def delivered(store: Store, facts: Sequence[Event]) -> list[Translated]:
    """Let a message with each of the facts lie in the log, and translate it."""
    row = {"connector": "x", "source": "x", "received_at": MONDAY, "headers": "{}", "body": b""}

    def append(connection: Connection) -> int:
        log.append(connection, [row] * len(facts))
        return int(connection.execute(select(func.max(RAW.c.id))).scalar_one())

    last = store.write_now(append)
    log_ids = range(last - len(facts) + 1, last + 1)
    return [
        Translated(
            Delivery(raw, "x", "x", f"{raw}", "", MONDAY, 1), (Arrival.told(one, raw, "x", MONDAY),)
        )
        for raw, one in zip(log_ids, facts, strict=True)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_workers_that_work_on_the_same_orders_at_the_same_time_agree(
    world: World, url: str, seed: int
) -> None:
    dice = random.Random(seed)
    facts = [fact for n in range(ORDERS) for fact in story(n)]
    dice.shuffle(facts)
    workers = [Worker(url) for _ in range(3)]
    messages = delivered(world.store, facts)
    gate = threading.Barrier(len(workers), timeout=30)

    def each(side: int) -> None:
        mine = messages[side :: len(workers)]
        for first in range(0, len(mine), 8):
            gate.wait()
            workers[side].work(mine[first : first + 8])

    with ThreadPoolExecutor(len(workers)) as threads:
        for done in [threads.submit(each, side) for side in range(len(workers))]:
            done.result()
    for worker in workers:
        worker.store.close()

    world.store.write_now(lambda c: log.advance(c, log.READER, old=0, new=max(messages)[0].raw_id))
    *_, proof = prove(world.store, datetime(2026, 11, 22, tzinfo=UTC))
    rows = world.rows(BELIEF)
    assert ["delivered"] * ORDERS == [row["status"] for row in rows]
    assert len(facts) == len(world.rows(TIMELINE))
    assert (ORDERS, 0, []) == (proof.orders, proof.astray, proof.differences)
    assert [] == [check.name for check in world.store.read_now(audit) if not check.holds]
