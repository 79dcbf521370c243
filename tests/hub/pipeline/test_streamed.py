"""What a stream brings is moved like what the log holds, and how far it was read moves with it."""

import asyncio
from collections.abc import Mapping

import pytest

from hub.pipeline.streamed import Record, Skipped, Streamed, Stretch, translate, way
from hub.store import log, offsets
from hub.store.log import CursorMoved, Kept
from hub.store.offsets import Place
from hub.store.session import StoreUnavailable
from tests.builders import MONDAY, a_parcel, an_order, scan, story
from tests.hub.pipeline.speech import NAME, says
from tests.hub.pipeline.world import RAW, World

FACTS = story(an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
HERE, THERE = Place("raws", 0), Place("raws", 1)


def record(offset: int, body: bytes, place: Place = HERE) -> Record:
    return Record(place, offset, 17, Kept(0, NAME, "kauppa", MONDAY, "{}", body))


def batch(world: World, before: Mapping[Place, int], *records: Record) -> Streamed:
    """A batch of a broker that has no more than these, from where the stream was read."""
    reached, steps = dict(before), []
    for one in records:
        steps.append((one.place, min(reached[one.place], one.offset), one.offset))
        reached[one.place] = one.offset + 1
    covered = way(steps)
    moved = {place: before[place] for place in covered}
    return Streamed(records, translate(records, world.translator), covered, moved)


def move(world: World, before: Mapping[Place, int], *records: Record) -> None:
    asyncio.run(world.pipeline.mover.move(batch(world, before, *records)))


def read_up_to(world: World) -> dict[Place, int]:
    return world.store.read_now(lambda c: offsets.read(c, [HERE, THERE]))


def test_raws_of_a_stream_get_their_outcomes_and_the_stream_moves_with_them(world: World) -> None:
    parts = {HERE: 0, THERE: 40}
    world.store.write_now(lambda c: offsets.advance(c, {THERE: (0, 40)}))
    two = record(40, says(FACTS[1]), THERE)
    move(world, parts, record(7, says(FACTS[0])), two, record(9, says(FACTS[2])))

    assert ["applied"] * 3 == world.outcomes()
    assert {HERE: 10, THERE: 41} == read_up_to(world)
    assert "delivered" == world.status()
    origins = [row["origin"] for row in world.rows(RAW)]
    assert ["raws/0@7~17", "raws/1@40~17", "raws/0@9~17"] == origins


def test_the_logs_own_reader_passes_by_what_a_stream_brought(world: World) -> None:
    world.deliver(says(FACTS[0]))
    move(world, {HERE: 0}, record(0, says(FACTS[1])))
    world.deliver(says(FACTS[2]))
    world.work()

    assert ["applied"] * 3 == sorted(world.outcomes())
    assert 3 == len(world.timeline())


def test_what_a_stream_brings_again_is_known_by_its_place(world: World) -> None:
    move(world, {HERE: 0}, record(0, says(FACTS[0])), record(1, says(FACTS[1])))
    move(world, {HERE: 2}, *[record(n, says(fact)) for n, fact in enumerate(FACTS)])

    assert ["applied"] * 3 == world.outcomes()
    assert {HERE: 3, THERE: 0} == read_up_to(world)


def test_of_two_who_read_the_same_partition_one_is_refused(world: World) -> None:
    move(world, {HERE: 0}, record(0, says(FACTS[0])))
    with pytest.raises(CursorMoved):
        move(world, {HERE: 0}, record(0, says(FACTS[0])), record(1, says(FACTS[1])))

    assert ["applied"] == world.outcomes()
    assert 1 == len(world.rows(RAW))


def test_a_batch_that_does_not_begin_where_the_last_one_ended_is_refused(world: World) -> None:
    move(world, {HERE: 0}, record(0, says(FACTS[0])))
    later = batch(world, {HERE: 2}, record(2, says(FACTS[2])))
    for one in (later, *later.split()):
        astray = Streamed(one.records, one.translated, one.way, {HERE: 1})
        with pytest.raises(Skipped, match=r"begin=2, end=3.* follows 1"):
            asyncio.run(world.pipeline.mover.move(astray))

    assert {HERE: 1, THERE: 0} == read_up_to(world)
    assert 1 == len(world.rows(RAW))


def test_a_batch_with_a_hole_that_is_not_the_brokers_is_none() -> None:
    with pytest.raises(Skipped, match=r"5 follows .*end=3"):
        way([(HERE, 0, 0), (HERE, 1, 2), (HERE, 5, 5)])
    assert {HERE: Stretch(0, 6)} == way([(HERE, 0, 0), (HERE, 1, 2), (HERE, 3, 5)])


def test_one_raw_that_breaks_us_is_set_aside_and_the_stream_goes_on(world: World) -> None:
    bodies = says(FACTS[0]), says({"bug": "boom"}), says(FACTS[1])
    move(world, {HERE: 0}, *[record(n, body) for n, body in enumerate(bodies)])

    assert ["applied", "quarantined", "applied"] == world.outcomes()
    assert [("error", "RuntimeError")] == world.quarantined()
    assert {HERE: 3, THERE: 0} == read_up_to(world)


def test_a_delivery_that_lies_in_the_log_and_in_the_stream_counts_once(world: World) -> None:
    told = says(FACTS[0], id="delivery-1")
    world.deliver(told)
    world.work()
    move(world, {HERE: 0}, record(0, told))

    assert ["applied", "duplicate"] == world.outcomes()


def test_a_stream_stays_where_it_was_when_the_commit_fails(world: World) -> None:
    one = batch(world, {HERE: 0}, record(0, says(FACTS[0])))

    def claimed_and_lost(connection: object) -> None:
        one.claim(connection)
        raise StoreUnavailable("nothing of it was kept")

    with pytest.raises(StoreUnavailable):
        world.store.write_now(claimed_and_lost)
    assert {HERE: 0, THERE: 0} == read_up_to(world)
    move(world, {HERE: 0}, *one.records)

    assert ["applied"] == world.outcomes()


def test_a_page_of_the_log_is_full_however_much_a_stream_brought_in_between(world: World) -> None:
    world.deliver(b"first")
    move(world, {HERE: 0}, *[record(n, says(FACTS[0], id=str(n))) for n in range(20)])
    world.deliver(b"second", b"third")
    page = world.store.read_now(lambda c: log.after(c, 0, 2))

    assert [b"first", b"second"] == [row.body for row in page]
    world.work()


def test_a_database_that_forgot_how_far_it_was_finds_what_it_has(world: World) -> None:
    records = [record(n, says(fact)) for n, fact in enumerate(FACTS)]
    move(world, {HERE: 0}, *records[:2])
    world.store.write_now(lambda c: offsets.advance(c, {HERE: (2, 0)}))
    move(world, {HERE: 0}, *records)

    assert ["applied"] * 3 == world.outcomes()
    assert 3 == len(world.rows(RAW))
