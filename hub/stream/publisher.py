"""Puts records into topics: what comes through the door, and what is told of orders.

A record counts as kept when every in-sync replica has it. A broker that fails is left alone for a
moment, so that nobody waits for it in vain again and again.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from hub.stream.brokers import BrokerAway, Brokers
from hub.stream.denied import denied
from hub.telemetry import alert

REST = 5.0  #: seconds a broker that failed is left alone
PAUSE = 1.0  #: seconds until a broker that is away is called again
PATIENCE = 5.0  #: seconds the broker has to say hello, and to take what is under way at the end
LINGER_MS = 2  #: records that come so close together are sent together

_log = structlog.get_logger()


class TooLarge(Exception):
    """The broker takes no record of this size."""


class Publisher:
    """The one producer of a process."""

    def __init__(self, brokers: Brokers, largest: int) -> None:
        """``largest``: bytes a record may have; the broker has its own opinion."""
        self._brokers, self._largest = brokers, largest
        self._producer: AIOKafkaProducer | None = None
        self._rests_until = 0.0
        self._stopping = asyncio.Event()
        self.problem = "the broker has not been called"  #: why nothing can be sent; empty: it can

    async def stop(self) -> None:
        """Let ``run`` end, with what is under way sent."""
        self._stopping.set()

    async def run(self) -> None:
        """Call the broker until it answers; let go of it when told to stop."""
        try:
            while self._producer is None and not self._stopping.is_set():
                try:
                    async with asyncio.timeout(PATIENCE):
                        self._producer = await self._connected()
                    self.problem = ""
                except (KafkaError, OSError, TimeoutError) as error:
                    reason = await denied(self._brokers) or type(error).__name__
                    self.problem = f"the broker is not reached: {reason}"
                    _log.warning("stream.broker_away", error=self.problem)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), PAUSE)
            await self._stopping.wait()
        finally:
            producer, self._producer = self._producer, None
            if producer is not None:
                with suppress(KafkaError, TimeoutError):
                    await asyncio.wait_for(producer.stop(), PATIENCE)

    async def _connected(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._brokers.client(),
            acks="all",
            linger_ms=LINGER_MS,
            max_request_size=self._largest,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def send(
        self,
        topic: str,
        value: bytes,
        *,
        seconds: float,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> str:
        """Put a record into a topic; return its place once it is kept.

        Raises ``BrokerAway`` when that is not confirmed within ``seconds``, or at once while the
        broker rests; it may be kept all the same. Raises ``TooLarge``.
        """
        producer = self._producer
        if producer is None or monotonic() < self._rests_until:
            raise BrokerAway(self.problem or "the broker failed a moment ago")
        try:
            async with asyncio.timeout(seconds):
                kept = await producer.send_and_wait(topic, value, key=key, headers=list(headers))
        except MessageSizeTooLargeError as error:
            raise TooLarge(f"{len(value)} bytes") from error
        except (KafkaError, OSError, TimeoutError) as error:
            self._rest(type(error).__name__)
            raise BrokerAway(f"not confirmed: {type(error).__name__}") from error
        self.problem = ""
        return f"{kept.topic}/{kept.partition}@{kept.offset}"

    def _rest(self, why: str) -> None:
        """Leave the broker alone for a while; the first who tries after that shows how it is."""
        if not self.problem:
            alert("stream_broker_away", error=why)
        self.problem = f"the broker does not confirm: {why}"
        self._rests_until = monotonic() + REST
