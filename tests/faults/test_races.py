"""Two workers at once: one parks a scan, the other creates its order. The scan must come home."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from hub.pipeline.apply import Applied, digest
from hub.pipeline.outcomes import settle, take_in
from hub.pipeline.recent import Recent
from hub.pipeline.translate import Translated
from hub.queries.audit import audit
from hub.store import log
from hub.store.inbox import Delivery
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.store.tables import ParkedRow, RawRow, TimelineRow, table
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
    StockKey,
    StockRanOut,
    What,
)
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, hours
from tests.faults.hub_process import wait_for

RAW, PARKED, TIMELINE = table(RawRow), table(ParkedRow), table(TimelineRow)
ROUNDS = 40
DEADLOCK = "40P01"


class Workers:
    """A database, and as many transactions on it as a test begins."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self.store, self.engine = store, engine

    def deliver(self, *told: Event) -> Translated:
        """Let a message with these facts lie in the log, and translate it."""
        row = {"connector": "x", "source": "x", "received_at": MONDAY, "headers": "{}", "body": b""}

        def append(connection: Connection) -> int:
            log.append(connection, [row])
            return int(connection.execute(select(func.max(RAW.c.id))).scalar_one())

        raw = self.store.write_now(append)
        delivery = Delivery(raw, "x", "x", f"{raw}", "", MONDAY, len(told))
        return Translated(delivery, tuple(Arrival.told(one, raw, "x", MONDAY) for one in told))

    def work(self, message: Translated) -> None:
        """Take one message in, in a transaction of its own; a deadlock is tried again."""
        while True:
            try:
                with self.engine.begin() as connection:
                    take(connection, message)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                    raise
                continue
            return

    def parked(self) -> Sequence[str]:
        return self.store.read_now(lambda c: c.execute(select(PARKED.c.key)).scalars().all())

    def facts(self) -> set[str]:
        """The facts that are on the timeline of some order."""
        query = select(TIMELINE.c.fact_id)
        return set(self.store.read_now(lambda c: c.execute(query).scalars().all()))

    def wrong(self) -> list[str]:
        """The sums that do not hold once everything is read."""
        last = self.store.read_now(lambda c: c.execute(select(func.max(RAW.c.id))).scalar_one())
        self.store.write_now(lambda c: log.advance(c, log.READER, old=0, new=last))
        return [check.name for check in self.store.read_now(audit) if not check.holds]


def take(connection: Connection, message: Translated) -> None:
    fresh, _ = take_in(connection, [message])
    parked, added = digest(connection, fresh, Applied(), Recent(size=0))
    settle(connection, fresh, parked=parked, added=added)


@pytest.fixture(params=["sqlite", "postgresql"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workers]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        server = create_engine(request.getfixturevalue("postgresql"), isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS races"))
            connection.execute(text("CREATE DATABASE races"))
        server.dispose()
        url = str(server.url.set(database="races").render_as_string(hide_password=False))
    store = Store(url)
    migrate(store)
    other = Store(url)  # connections of its own, as another process has them
    yield Workers(store, other.engine)
    other.close()
    store.close()


# --- what is told ------------------------------------------------------------------------------


def of(n: int, hour: int, what: What) -> Event:
    key = OrderKey("kauppa", f"{n}")
    return Event(id=f"{n} {hour} {what.kind}", occurred_at=hours(hour), about=key, what=what)


def placed(n: int) -> Event:
    lines = (OrderedLine(id="1", quantity=1, sku=f"mug {n}"),)
    return of(n, 0, Ordered(number=f"#{n}", placed_at=MONDAY, lines=lines))


def named(n: int) -> Event:
    return of(n, 1, ParcelAnnounced(parcel=ParcelRef(id="p", number=f"JJ{n}")))


def scanned(n: int, hour: int = 2) -> Event:
    what = ParcelScanned(parcel=ParcelRef(number=f"JJ{n}"), stage=Stage.IN_TRANSIT)
    return Event(
        id=f"{n} scan {hour}", occurred_at=hours(hour), about=ParcelKey(f"JJ{n}"), what=what
    )


def paid(n: int) -> Event:
    return of(n, 1, PaymentReceived())


def ran_out(n: int) -> Event:
    about = StockKey(f"mug {n}")
    return Event(id=f"{n} out", occurred_at=hours(1), about=about, what=StockRanOut())


Pair = Callable[[int], tuple[list[Event], list[Event], list[Event]]]
#: what both found, what the one is told, what the other is told at the same time
PAIRS: dict[str, Pair] = {
    "a scan and the order with its parcel": lambda n: ([], [scanned(n)], [placed(n), named(n)]),
    "a scan and the parcel of a known order": lambda n: ([placed(n)], [scanned(n)], [named(n)]),
    "a payment and its order": lambda n: ([], [paid(n)], [placed(n)]),
    "a scan and the order whose parcel waits": lambda n: ([named(n)], [scanned(n)], [placed(n)]),
    "goods that run out and the order for them": lambda n: ([], [ran_out(n)], [placed(n)]),
    "a scan and a payment of one order": lambda n: (
        [placed(n), named(n)],
        [scanned(n)],
        [paid(n)],
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_two_workers_at_once_leave_nothing_parked_whose_order_is_known(
    workers: Workers, pair: str
) -> None:
    rounds, told = [], set[str]()
    for n in range(ROUNDS):
        before, one, other = PAIRS[pair](n)
        if before:
            workers.work(workers.deliver(*before))
        rounds.append((workers.deliver(*one), workers.deliver(*other)))
        told |= {fact.id for fact in (*before, *one, *other)}
    gate = threading.Barrier(2, timeout=30)

    def each(side: int) -> None:
        for messages in rounds:
            gate.wait()
            workers.work(messages[side])

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(each, side) for side in (0, 1)]:
            done.result()

    assert told == workers.facts()
    assert workers.parked() == []
    assert workers.wrong() == []


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("workers", ["postgresql"], indirect=True)
def test_the_second_waits_until_the_first_has_committed(
    workers: Workers, pair: str, first: int
) -> None:
    before, *sides = PAIRS[pair](1)
    if before:
        workers.work(workers.deliver(*before))
    early, late = workers.deliver(*sides[first]), workers.deliver(*sides[1 - first])
    with ThreadPoolExecutor(1) as threads:
        with workers.engine.begin() as connection:
            take(connection, early)
            done = threads.submit(workers.work, late)
            wait_for(lambda: done.done() or waits(workers), "the second to wait, or to end")
        done.result(timeout=30)

    assert {fact.id for facts in (before, *sides) for fact in facts} == workers.facts()
    assert workers.parked() == []
    assert workers.wrong() == []


def test_a_message_with_more_keys_than_the_server_has_locks_is_taken_in(workers: Workers) -> None:
    workers.work(workers.deliver(*[scanned(n) for n in range(20_000)]))

    assert len(workers.parked()) == 20_000


def test_a_message_asks_for_its_locks_once_and_only_where_there_are_several_writers(
    workers: Workers,
) -> None:
    asked: list[str] = []
    event.listen(workers.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    workers.work(workers.deliver(placed(1), named(1), scanned(1), ran_out(1)))

    locks = sum("advisory" in statement for statement in asked)
    assert locks == (1 if workers.store.dialect == "postgresql" else 0)


def waits(workers: Workers) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return workers.store.read_now(lambda c: c.execute(query).scalar_one()) > 0
