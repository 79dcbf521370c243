"""One contract, two logs: what is promised of the log holds in the database's table and in Kafka.

Durable before it is answered, read in its order, read again without harm, read on after a death,
one that is poison set aside, drained after a rest.
"""

import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.contract import Raw
from tests.builders import MONDAY, a_parcel, an_order, scan, story
from tests.hub.log_contract.logs import Log
from tests.hub.pipeline.speech import NAME, says
from tests.hub.pipeline.world import BELIEF, RAW, World
from tests.hub.stream.working import in_the_hubs_loop, until

ROOT = Path(__file__).parents[3]
FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
TOLD = [says(fact) for fact in FACTS]
MANY = [says(FACTS[number % 3], id=f"{number}") for number in range(60)]
PLACES = ["pipeline.belief", "pipeline.committed"]  #: in the transaction, and after its commit


def raw(body: bytes, second: int = 0) -> Raw:
    at = MONDAY + timedelta(seconds=second)
    return Raw(body, {"x-kind": "order"}, received_at=at, source="kauppa", connector=NAME)


def deliver(log: Log, world: World, bodies: Sequence[bytes]) -> None:
    """Hand deliveries in, one after the other; each is answered before the next."""

    async def tell() -> None:
        async with log.door(world) as door:
            for second, body in enumerate(bodies):
                await door(raw(body, second))

    in_the_hubs_loop(tell())


def read(log: Log, world: World, count: int) -> None:
    """Let somebody read until so many have been gone past."""

    async def work() -> None:
        async with log.reader(world):
            await until(lambda: log.place(world) >= count, f"{count} of the log are read")

    in_the_hubs_loop(work())


def bodies_in_the_order_they_were_read(world: World) -> list[bytes]:
    return [row["body"] for row in world.rows(RAW)]


def test_a_delivery_lies_in_the_log_when_it_is_answered(log: Log, world: World) -> None:
    deliver(log, world, TOLD)

    assert TOLD == log.kept(world, len(TOLD))
    assert [] == world.outcomes()
    read(log, world, len(TOLD))


def test_what_is_read_is_what_was_delivered(log: Log, world: World) -> None:
    deliver(log, world, TOLD)
    read(log, world, len(TOLD))
    rows = world.rows(RAW)

    assert ["applied"] * 3 == world.outcomes()
    assert [(NAME, "kauppa", '{"x-kind":"order"}')] * 3 == [
        (row["connector"], row["source"], row["headers"]) for row in rows
    ]
    assert [raw(b"", second).received_at for second in range(3)] == [
        row["received_at"] for row in rows
    ]


def test_deliveries_are_read_in_their_order(log: Log, world: World) -> None:
    deliver(log, world, MANY)
    read(log, world, len(MANY))

    assert MANY == bodies_in_the_order_they_were_read(world)
    assert 3 == len(world.timeline())


def test_a_delivery_that_comes_twice_counts_once(log: Log, world: World) -> None:
    deliver(log, world, [*TOLD, TOLD[0]])
    read(log, world, 4)

    assert ["applied", "applied", "applied", "duplicate"] == world.outcomes()
    assert world.believes([*FACTS])


def test_a_log_that_is_read_again_changes_nothing(log: Log, world: World) -> None:
    deliver(log, world, TOLD)
    read(log, world, len(TOLD))
    before = world.told(), world.rows(BELIEF)
    log.set_back(world)
    read(log, world, len(TOLD))

    assert 3 == len(world.outcomes())
    assert before == (world.told(), world.rows(BELIEF))


def test_a_poison_delivery_waits_for_a_person_and_holds_up_nobody(log: Log, world: World) -> None:
    deliver(log, world, [TOLD[0], b"\xff not json", says({"bug": "boom"}), *TOLD[1:]])
    read(log, world, 5)

    wanted = ["applied", "quarantined", "quarantined", "applied", "applied"]
    assert wanted == world.outcomes()
    assert "delivered" == world.status()


def test_what_came_while_nobody_read_is_read_by_whoever_is_next(log: Log, world: World) -> None:
    for number, body in enumerate(TOLD, 1):
        deliver(log, world, [body])
        assert number - 1 == len(world.outcomes())
        read(log, world, number)

    assert ["applied"] * 3 == world.outcomes()
    assert world.believes([*FACTS])


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_reader_that_dies_in_the_middle_loses_and_doubles_nothing(
    log: Log, world: World, url: str, place: str
) -> None:
    half = len(MANY) // 2
    deliver(log, world, MANY[:half])
    words = [sys.executable, "-m", "tests.hub.log_contract.living", url, log.url, place]
    died = subprocess.run(words, cwd=ROOT, check=False, timeout=60)
    known = log.place(world)
    deliver(log, world, MANY[half:])
    read(log, world, len(MANY))

    assert -9 == died.returncode
    assert (place == "pipeline.belief") == (known == 0)
    assert MANY == bodies_in_the_order_they_were_read(world)
    assert len(MANY) == len(world.outcomes())
    assert world.believes([*FACTS])
