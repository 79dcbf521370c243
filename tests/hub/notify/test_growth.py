"""What there is to tell costs the same in a hub that has told very much, and in a new one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.config import Settings
from hub.notify.fallback import fall_back
from hub.notify.lanes import lanes
from hub.notify.planning import plan, revive, settle_strangers
from hub.notify.taking import take
from hub.store import attempts, leases
from hub.store.outbox import NOTICE
from tests.hub.notify.world import NOW, World

FEW, MANY = 100, 2000
SOME = 50  #: what the members of letters cost, which are gone through
STEPS = 100  #: of SQLite's machine, between two counts

PARTS: dict[str, Callable[[Connection, Any], object]] = {
    "plan": lambda c, house: plan(c, house, NOW),
    "look": lambda c, _: attempts.waiting(c, NOW),
    "take": lambda c, house: take(c, house, lanes(house), NOW),
    "revive": lambda c, house: revive(c, house, NOW),
    "fall back": lambda c, house: fall_back(c, house, [], NOW),
    "recover": lambda c, _: leases.over(c, NOW),
    "strangers": lambda c, house: settle_strangers(c, house, NOW),
}


def told_of(world: World, orders: int) -> None:
    """Fill a hub with what was told long ago: half superseded, one in a hundred in another one."""
    before = NOW - timedelta(days=1)
    for n in range(orders):
        world.add_order(f"old{n}")
        world.tell("shipped", f"parcel:{n}", order_id=f"old{n}")
    house = world.dispatcher(Settings())._house
    while world.store.write_now(lambda c: plan(c, house, NOW)):
        pass
    world.run(NOTICE.update().values(state="sent", next_at=before, settled_at=before))
    world.run(NOTICE.update().where(NOTICE.c.id % 2 == 0).values(state="suppressed"))
    merged = NOTICE.update().where(NOTICE.c.id % 100 == 0)
    world.run(merged.values(state="suppressed", merged_into=NOTICE.c.id - 1))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[int, World]]:
    worlds = {orders: World(tmp_path_factory.mktemp("hub")) for orders in (FEW, MANY)}
    for orders, world in worlds.items():
        told_of(world, orders)
        world.add_order("new")
        world.tell("shipped", "parcel:new", order_id="new")
    yield worlds
    for world in worlds.values():
        world.store.close()


@pytest.mark.parametrize("part", PARTS)
def test_no_part_of_a_pass_looks_through_what_was_told_long_ago(
    old: Mapping[int, World], part: str
) -> None:
    few, many = (counted(old[orders], PARTS[part]) for orders in (FEW, MANY))

    assert many <= few + SOME


class Undone(Exception):
    """What was measured must not stay."""


def counted(world: World, work: Callable[[Connection, Any], object]) -> int:
    """Return how much SQLite had to do for some work."""
    count, house = 0, world.dispatcher(Settings())._house

    def one_more() -> None:
        nonlocal count
        count += 1

    def measured(connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.set_progress_handler(one_more, STEPS)
        work(connection, house)
        driver.set_progress_handler(None, 0)
        raise Undone

    with suppress(Undone):
        world.store.write_now(measured)
    return count
