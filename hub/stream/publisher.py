"""Puts records into topics: what comes through the door, and what is told of orders.

A record counts as kept when every in-sync replica has it. A broker that fails is left alone for a
moment, so that nobody waits for it in vain again and again.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError

from hub.stream.brokers import BrokerAway, Brokers
from hub.stream.denied import denied
from hub.telemetry import alert

REST = 5.0  #: seconds a broker that failed is left alone
PAUSE = 1.0  #: seconds until a broker that is away is called again
PATIENCE = 5.0  #: seconds the broker has to say hello, and to take what is under way at the end
LINGER_MS = 5  #: records that come so close together are sent together

_log = structlog.get_logger()


class TooLarge(Exception):
    """The broker takes no record of this size."""


class Publisher:
    """The one producer of a process."""

    def __init__(self, brokers: Brokers, largest: int) -> None:
        """``largest``: bytes a record may have; the broker has its own opinion."""
        self._brokers, self._largest = brokers, largest
        self._producer: AIOKafkaProducer | None = None
        self._over = asyncio.Event()  #: what we have at hand is not used any more
        self._stopping = asyncio.Event()
        self._alerted = False  #: since the broker confirmed something the last time
        self.problem = "the broker has not been called"  #: why nothing can be sent; empty: it can

    async def stop(self) -> None:
        """Let ``run`` end, with what is under way sent."""
        self._stopping.set()
        self._over.set()

    async def run(self) -> None:
        """Keep a producer at hand: call the broker until it answers, and anew after it failed."""
        while not self._stopping.is_set():
            self._over.clear()
            producer = await self._called()
            if producer is None:
                await self._rest(PAUSE)
                continue
            self._producer, self.problem = producer, ""
            try:
                await self._over.wait()
            finally:
                failed, self._producer = self._producer is None, None
                await (_drop(producer) if failed else _leave(producer))
            await self._rest(REST)

    async def _called(self) -> AIOKafkaProducer | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._connected()
        except (KafkaError, OSError, TimeoutError) as error:
            reason = await denied(self._brokers) or type(error).__name__
            self.problem = f"the broker is not reached: {reason}"
            _log.warning("stream.broker_away", error=self.problem)
            return None

    async def _rest(self, seconds: float) -> None:
        """Let time pass; as soon as we are told to stop, no more."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

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
        if producer is None:
            raise BrokerAway(self.problem or "the hub is about to stop")
        try:
            async with asyncio.timeout(seconds):
                kept = await producer.send_and_wait(topic, value, key=key, headers=list(headers))
        except MessageSizeTooLargeError as error:
            raise TooLarge(f"{len(value)} bytes") from error
        except (KafkaError, OSError, TimeoutError) as error:
            self._failed(producer, type(error).__name__)
            raise BrokerAway(f"not confirmed: {type(error).__name__}") from error
        self._alerted = False
        return f"{kept.topic}/{kept.partition}@{kept.offset}"

    def _failed(self, producer: AIOKafkaProducer, why: str) -> None:
        """Use it no more: it would look for the broker without a pause, and fill the log."""
        if self._producer is not producer:
            return
        if not self._alerted:
            alert("stream_broker_away", error=why)
        self._alerted = True
        self.problem = f"the broker does not confirm: {why}"
        self._producer = None
        self._over.set()


async def _leave(producer: AIOKafkaProducer) -> None:
    """Let it send what is under way, and close it."""
    try:
        await asyncio.wait_for(producer.stop(), PATIENCE)
    except (KafkaError, TimeoutError):
        await _drop(producer)


async def _drop(producer: AIOKafkaProducer) -> None:
    """Close it with what it has not sent; who waits for that is told so at once."""
    given_up = KafkaConnectionError("the broker does not confirm")
    with suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            # what is in flight ends with its connection; ``stop`` alone waits until all is sent
            sender, unsent = producer._sender, producer._message_accumulator  # noqa: SLF001
            await asyncio.gather(sender.close(), producer.client.close())
            unsent.fail_all(given_up)
            await producer.stop()
