"""Fetches orders' records, and says of each answer from where to where it goes.

The broker may leave numbers out of an answer, for it has no more; the consumer may not leave out
what lies between two answers. Only who knows from where the broker was asked tells one from the
other, and the consumer's place may be moved behind our back: by a rebalance, or by itself.
"""

from collections.abc import Mapping
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types import TP


class Answer(dict[TP, list[Any]]):
    """Records by partition, with from where they were asked for and where the next ask begins."""

    def __init__(
        self, records: Mapping[TP, list[Any]], stretches: Mapping[TP, tuple[int, int]]
    ) -> None:
        """``stretches``: by partition, for each of the records' partitions."""
        super().__init__(records)
        self.stretches = stretches


class Fetching(driver.AIOKafkaConsumerThread):
    """The thread that speaks to the broker."""

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
        if before is not after:
            return Answer({}, {})
        known = {tp: of for tp, of in records.items() if tp in asked and tp in reached}
        return Answer(known, {tp: (asked[tp], reached[tp]) for tp in known})


def _positions(consumer: Any) -> tuple[Any, dict[TP, int]]:
    """Return the assignment there is, and from where each of its partitions is read next."""
    subscription = consumer._subscription.subscription  # noqa: SLF001 - its own way asks and waits
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return None, {}
    states = {tp: assignment.state_value(tp) for tp in assignment.tps}
    return assignment, {tp: one.position for tp, one in states.items() if one.has_valid_position}
