"""PostgreSQL finds what is due by its indexes, whatever it believes about the size of a table."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, event, make_url, text

from hub.config import Settings, Sink
from hub.notify.planning import plan
from hub.store import attempts, leases, merging, outbox, settling, stuck
from hub.store.attempts import Lane
from hub.store.session import Store
from hub.store.settling import Ended, Settlement
from tests.hub.notify.world import NOW, SECRET, World

ASKED: dict[str, Callable[[Connection], object]] = {
    "outbox_to_plan": lambda c: outbox.unplanned(c, 100),
    "notice_by_channel": lambda c: attempts.due(c, Lane("email"), NOW, 16),
    "notice_by_": lambda c: attempts.due(c, Lane("webhook", "kassa"), NOW, 16),
}


IDS = [*range(1, 41)]
BY_KEY: dict[str, Callable[[Connection], object]] = {
    "told": lambda c: outbox.told(c, [f"o{n}" for n in range(40)]),
    "lease": lambda c: c.execute(attempts._LEASE, {"ids": IDS, "until": NOW}),
    "renew": lambda c: leases.renew(c, {1: 1}, NOW),
    "suppress": lambda c: outbox.suppress(c, IDS, "gone", NOW),
    "postpone": lambda c: outbox.postpone(c, 1, until=NOW, reason="night"),
    "settle": lambda c: settling.settle(c, [Ended(n, 1, SENT) for n in IDS]),
    "call off": lambda c: stuck.call_off(c, 1, 1, "by another channel", NOW),
    "like": lambda c: merging.like(c, LIKE, soon=NOW),
}
SENT = Settlement(outcome="sent", state="sent", detail="", at=NOW)
LIKE = SimpleNamespace(
    id=1, order_id="o1", channel="webhook", recipient="kassa", milestone="shipped"
)


@pytest.fixture
def counted_when_empty(server: str, tmp_path: Path) -> Iterator[World]:
    """A hub with much to tell, on a server that counted its tables when they were empty."""
    world = World(tmp_path, server)
    analyze(world)
    for n in range(300):
        world.add_order(f"o{n}")
        world.tell("shipped", f"parcel:{n}", order_id=f"o{n}")
    sinks = [Sink(name="kassa", url="http://127.0.0.1:9/", secret=SECRET)]
    house = world.dispatcher(Settings(sinks=sinks, sink_networks=("127.0.0.0/8",)))._house
    world.store.write_now(lambda c: plan(c, house, NOW))
    yield world
    world.store.close()


@pytest.mark.parametrize("index", ASKED)
def test_what_is_next_is_read_in_order_and_no_further(
    counted_when_empty: World, index: str
) -> None:
    way = explained(counted_when_empty, ASKED[index])

    assert index in way, way
    assert "Sort" not in way, way  # else all that waits is gone through
    assert "Seq Scan" not in way, way
    assert "Hash" not in way, way


@pytest.mark.parametrize("earlier", [0, 60])
def test_what_waits_is_not_compared_with_all_that_waits(
    counted_when_empty: World, earlier: int
) -> None:
    tell_earlier(counted_when_empty, earlier)
    way = explained(counted_when_empty, ASKED["notice_by_"])

    assert "Join Filter" not in way, way
    assert "Bitmap" not in way, way
    assert "Index Cond: (((order_id)::text = (notice.order_id)::text)" in way, way


@pytest.mark.parametrize("ask", BY_KEY.values(), ids=BY_KEY)
def test_what_is_found_by_its_key_is_not_looked_for_among_all_that_are_alike(
    counted_when_empty: World, ask: Callable[[Connection], object]
) -> None:
    tell_earlier(counted_when_empty, 60)
    way = explained(counted_when_empty, ask)

    assert "notice_" in way, way
    assert "notice_due" not in way, way
    assert "notice_by_" not in way, way


def test_only_who_writes_is_bound_to_the_indexes(counted_when_empty: World) -> None:
    store, asked = counted_when_empty.store, text("SHOW enable_seqscan")

    assert "off" == store.write_now(lambda c: c.execute(asked).scalar_one())
    assert "on" == store.read_now(lambda c: c.execute(asked).scalar_one())


def test_the_options_of_an_address_hold_too(server: str) -> None:
    url = make_url(server).update_query_dict({"options": "-c lock_timeout=1234"})
    store = Store(url.render_as_string(hide_password=False))
    shown = [
        store.write_now(lambda c, name=name: c.execute(text(f"SHOW {name}")).scalar_one())
        for name in ("lock_timeout", "enable_hashjoin")
    ]
    store.close()

    assert ["1234ms", "off"] == shown


def analyze(world: World) -> None:
    """Let the server count its tables."""
    with world.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        other.execute(text("ANALYZE"))


def tell_earlier(world: World, times: int) -> None:
    """Let every notice have as many before it that were sent, and the server count them."""
    fields = [column.name for column in outbox.NOTICE.c if column.name != "id"]
    told = {"state": "'sent'", "revision": "'earlier ' || n"}
    query = f"""
        INSERT INTO notice ({", ".join(fields)})
        SELECT {", ".join(told.get(name, name) for name in fields)}
        FROM notice, generate_series(1, {times}) AS n
    """
    world.store.write_now(lambda c: c.execute(text(query)) and None)
    analyze(world)


def explained(world: World, ask: Callable[[Connection], object]) -> str:
    """Return how the server would go about a question."""
    found: list[str] = []

    def explain(
        _connection: Any, cursor: Any, statement: str, values: Any, *_: Any
    ) -> tuple[str, Any]:
        if not statement.startswith("SET"):
            cursor.execute(f"EXPLAIN {statement}", values)
            found.extend(row[0] for row in cursor.fetchall())
        return statement, values

    event.listen(world.store.engine, "before_cursor_execute", explain, retval=True)
    world.store.write_now(lambda c: ask(c) and None)
    return "\n".join(found)
