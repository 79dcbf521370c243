"""A retailer's own topic, on which its systems tell of orders whether or not anybody listens."""

import asyncio
import threading
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.sender import CUT_OFF

ACCEPTED = 200  #: a broker that has a record is a door that has answered 2xx
PATIENCE = 15  #: seconds a broker may take to say how long a partition is


class Topic:
    """Producers of one topic; a record counts once all replicas have it."""

    def __init__(self, broker: str, name: str, ledger: Ledger) -> None:
        self._name, self._ledger = name, ledger
        self._producer = Producer(
            {
                "bootstrap.servers": broker,
                "acks": "all",
                "linger.ms": 5,
                "message.timeout.ms": 300_000,  # through any outage of a drill
                "log_level": 0,
            }
        )
        self._open = True
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    async def send(self, line: int, order: str, body: bytes) -> bool:
        """Produce one delivery; return whether the broker has it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()

        def acked(error: Any, _message: Any) -> None:
            loop.call_soon_threadsafe(done.set_result, CUT_OFF if error else ACCEPTED)

        sending = await self._ledger.begin(line)
        self._producer.produce(self._name, body, key=order.encode(), on_delivery=acked)
        status = await done
        await self._ledger.end(sending, status)
        return status == ACCEPTED

    def close(self) -> None:
        self._open = False
        self._thread.join()

    def _hear(self) -> None:
        while self._open:
            self._producer.poll(0.1)
        self._producer.flush(1)


def ends(broker: str, topics: dict[str, int]) -> dict[tuple[str, int], int]:
    """Return how many records each partition has."""
    reader = Consumer({"bootstrap.servers": broker, "group.id": "oracle", "log_level": 0})
    try:
        return {
            (name, number): reader.get_watermark_offsets(TopicPartition(name, number), PATIENCE)[1]
            for name, partitions in topics.items()
            for number in range(partitions)
        }
    finally:
        reader.close()
