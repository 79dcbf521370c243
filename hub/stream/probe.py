"""Asks the brokers what there is: which topics, and how far each goes. Reads no order's record."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from hub.store.offsets import Place
from hub.stream.brokers import COMMITTED, BrokerAway, Brokers
from hub.stream.denied import denied

PATIENCE = 5.0  #: seconds the brokers have for an answer


class Probe:
    """A client that belongs to no group, so that a consumer that is stuck does not hold it up."""

    def __init__(self, brokers: Brokers) -> None:
        """Connect when something is asked."""
        self._brokers = brokers
        self._client: AIOKafkaConsumer | None = None

    async def topics(self) -> frozenset[str]:
        """Return the topics there are. Raises ``BrokerAway``."""
        try:
            async with asyncio.timeout(PATIENCE):
                return frozenset(await (await self._connected()).topics())
        except (KafkaError, OSError, TimeoutError) as error:
            raise await self._away(error) from error

    async def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the offset the next record of each partition gets. Raises ``BrokerAway``."""
        if not places:
            return {}
        try:
            async with asyncio.timeout(PATIENCE):
                client = await self._connected()
                found = await client.end_offsets([TopicPartition(*one) for one in places])
        except (KafkaError, OSError, TimeoutError) as error:
            raise await self._away(error) from error
        return {Place(tp.topic, tp.partition): end for tp, end in found.items()}

    async def _away(self, error: BaseException) -> BrokerAway:
        """Let go of the connections, and return why there are none."""
        reason = None
        if self._client is None:
            reason = await denied(self._brokers)
        await self.close()
        return reason or BrokerAway(_said(error))

    async def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.stop()

    async def _connected(self) -> AIOKafkaConsumer:
        if self._client is None:
            client = AIOKafkaConsumer(isolation_level=COMMITTED, **self._brokers.client())
            try:
                await client.start()
            except BaseException:
                await client.stop()
                raise
            self._client = client
        return self._client


def _said(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
