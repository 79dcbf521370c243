"""Fetches orders' records, and says of each answer from where to where it goes.

The broker may leave numbers out of an answer, for it has no more; the consumer may not leave out
what lies between two answers. Only who knows from where the broker was asked tells one from the
other, and the consumer's place may be moved behind our back: by a rebalance, or by itself.
"""

from collections.abc import Mapping
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from hub.pipeline.streamed import Stretch
from hub.stream.brokers import COMMITTED


class Answer(dict[TP, list[Any]]):
    """Records by partition, with from where they were asked for and where the next ask begins."""

    def __init__(
        self, records: Mapping[TP, list[Any]], stretches: dict[TP, tuple[int, int]]
    ) -> None:
        """``stretches``: by partition, also of those that sent nothing but the end of something."""
        super().__init__(records)
        self.stretches = stretches

    def holes(self) -> dict[TP, Stretch]:
        """Return where partitions have nothing although they were asked for it."""
        found = {
            tp: Stretch(asked, self[tp][0].offset if tp in self else reached)
            for tp, (asked, reached) in self.stretches.items()
        }
        return {tp: hole for tp, hole in found.items() if hole.end > hole.begin}


class Fetching(driver.AIOKafkaConsumerThread):
    """The thread that speaks to the broker."""

    _doubted: Mapping[TP, Stretch] = {}

    def _create_worker_consumer(self, transport: Any) -> Any:
        """Read what came to pass only; what a transaction gave up was never told."""
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = COMMITTED  # noqa: SLF001 - Faust decides by another setting
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Answer:
        """Fetch; what was fetched while partitions were handed out anew is of nobody's asking."""
        before, asked = _positions(consumer)
        records: Mapping[TP, list[Any]] = await super()._fetch_records(
            consumer, active_partitions, timeout, max_records
        )
        after, reached = _positions(consumer)
        if before is not after or not self.consumer.flow_active:
            return Answer({}, {})
        stretches = {tp: (asked[tp], reached[tp]) for tp in asked.keys() & reached.keys()}
        answer = Answer({tp: of for tp, of in records.items() if tp in stretches}, stretches)
        self._doubt(consumer, answer)
        return answer

    def _doubt(self, consumer: Any, answer: Answer) -> None:
        """Ask again where nothing was at the place asked for: we may have been moved meanwhile.

        It happens behind what was compacted away and at the ends of transactions. What is said
        twice is believed.
        """
        holes = answer.holes()
        for tp, hole in holes.items():
            if self._doubted.get(tp) != hole:
                consumer.seek(tp, hole.begin)
                answer.pop(tp, None)
                del answer.stretches[tp]
        self._doubted = holes


def _positions(consumer: Any) -> tuple[Any, dict[TP, int]]:
    """Return the assignment there is, and from where each of its partitions is read next."""
    subscription = consumer._subscription.subscription  # noqa: SLF001 - its own way asks and waits
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return None, {}
    states = {tp: assignment.state_value(tp) for tp in assignment.tps}
    return assignment, {tp: one.position for tp, one in states.items() if one.has_valid_position}
