"""A record the broker sent and nobody saw is noticed; what the broker left out is no loss."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.clock import utc_now
from hub.store.offsets import Place
from hub.stream.reader import Reader
from hub.stream.records import Feeds
from hub.stream.sequence import Lost, Sequences
from tests.builders import an_order, story
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World
from tests.hub.stream.brokers import Cluster
from tests.hub.stream.working import TOPIC, in_the_hubs_loop, reading, settings, until

HERE, ELSEWHERE = Place(TOPIC, 0), Place(TOPIC, 1)
(PLACED,) = story(an_order(mug=1))


@pytest.fixture
def sequences() -> Sequences:
    opened = Sequences()
    opened.begin({HERE: 5})
    return opened


def test_records_come_through_once_and_in_order(sequences: Sequences) -> None:
    sequences.fetched(HERE, 5, [5, 6, 7], 8)

    assert [5, 6, None, 7] == [sequences.follows(HERE, n) for n in (5, 6, 6, 7)]
    assert sequences.follows(ELSEWHERE, 1) is None


def test_what_the_broker_left_out_is_no_loss(sequences: Sequences) -> None:
    sequences.fetched(HERE, 5, [7, 8], 10)  # compacted before, the end of a transaction behind
    sequences.fetched(HERE, 10, [11], 12)

    assert [5, 8, 9] == [sequences.follows(HERE, n) for n in (7, 8, 11)]


def test_an_answer_with_nothing_but_the_end_of_a_transaction_goes_on(sequences: Sequences) -> None:
    sequences.fetched(HERE, 5, [5], 6)
    sequences.fetched(HERE, 6, [], 7)
    sequences.fetched(HERE, 7, [7], 8)

    assert [5, 6] == [sequences.follows(HERE, n) for n in (5, 7)]
    assert [6, 8] == [sequences.beyond(HERE, moved) for moved in (6, 8)]
    sequences.fetched(HERE, 8, [], 9)
    assert 9 == sequences.beyond(HERE, 8)


def test_what_the_broker_sent_and_nobody_saw_is_lost(sequences: Sequences) -> None:
    sequences.fetched(HERE, 5, [5, 6, 7], 8)
    sequences.follows(HERE, 5)
    with pytest.raises(Lost, match="6 was sent"):
        sequences.follows(HERE, 7)


def test_a_hole_of_the_broker_hides_no_loss_before_it(sequences: Sequences) -> None:
    sequences.fetched(HERE, 5, [5, 6, 9], 10)
    sequences.follows(HERE, 5)
    with pytest.raises(Lost):
        sequences.follows(HERE, 9)


@pytest.mark.parametrize("asked, first", [(9, 9), (3, 3), (8, 2)], ids=["on", "back", "reset"])
def test_what_the_broker_was_not_asked_for_is_a_loss_and_not_a_hole(
    sequences: Sequences, asked: int, first: int
) -> None:
    sequences.fetched(HERE, 5, [5, 6, 7], 8)
    with pytest.raises(Lost, match="8 was to come"):
        sequences.fetched(HERE, asked, [first], first + 1)

    assert sequences.follows(HERE, first) is None


@dataclass
class Message:
    """A record as the consumer hands it over."""

    topic: str
    partition: int
    offset: int
    value: bytes = b""
    timestamp: float = 1.0
    timestamp_type: int = 0
    headers: list[Any] = field(default_factory=list)


@dataclass
class Event:
    message: Message
    acks: int = 0

    def ack(self) -> None:
        self.acks += 1


def test_nothing_after_a_lost_record_is_taken_in_or_acknowledged(
    world: World, cluster: Cluster
) -> None:
    reader = Reader(world.pipeline.mover, world.translator, Feeds(settings(cluster), utc_now))
    events = [Event(Message(TOPIC, 0, n, says(PLACED, id=str(n)))) for n in range(4)]

    async def drop_one() -> None:
        await reader.begin({HERE: 0})
        reader.fetched(HERE, 0, [0, 1, 2, 3], 4)
        for event in (events[0], *events[2:]):  # as `take` does when its handler raises
            await reader.put(event)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await reader.run()

    in_the_hubs_loop(drop_one())
    assert reader.lost.is_set()
    assert [1, 0, 0, 0] == [event.acks for event in events]
    assert ["applied"] == world.outcomes()


def test_a_consumer_that_lost_something_is_started_anew_and_reads_it(
    world: World, cluster: Cluster
) -> None:
    cluster.create("hub.raw")
    cluster.create(TOPIC)

    async def work() -> None:
        async with reading(world, settings(cluster)) as edge:
            cluster.put(TOPIC, says(PLACED, id="1"))
            await until(lambda: len(world.outcomes()) == 1, "it reads")
            edge.reader.lost.set()
            cluster.put(TOPIC, says(PLACED, id="2"))
            await until(lambda: len(world.outcomes()) == 2, "it reads again")

    in_the_hubs_loop(work())
