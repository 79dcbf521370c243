"""Makes what comes through the door durable in a topic; in the database while the broker is away.

Either is durable, and the workers read both, so a broker that is away delays no order's news. A
delivery may then lie in both: the broker may confirm too late to be believed. Its key is the same
in either, and the inbox's UNIQUE key makes one of them a duplicate.
"""

import structlog

from connectors.contract import Raw
from hub.crashpoints import crashpoint
from hub.intake.inbox import Receive
from hub.stream.brokers import BrokerAway
from hub.stream.figures import SPOOLED
from hub.stream.publisher import Publisher, TooLarge
from hub.stream.records import RAW, written

_log = structlog.get_logger()


class StreamDoor:
    """The way of a verified raw into the log."""

    def __init__(self, publisher: Publisher, otherwise: Receive, seconds: float) -> None:
        """``otherwise`` makes a raw durable in the database; ``seconds``: the broker's patience."""
        self._publisher, self._otherwise, self._seconds = publisher, otherwise, seconds

    async def receive(self, raw: Raw) -> None:
        """Make a raw durable. Raises ``StoreUnavailable`` when broker and database are away."""
        try:
            await self._publisher.send(RAW, raw.body, seconds=self._seconds, headers=written(raw))
        except (BrokerAway, TooLarge) as error:
            _log.debug("stream.spooled", connector=raw.connector, error=str(error))
            SPOOLED.inc()
            await self._otherwise(raw)
        else:
            crashpoint("intake.durable")
