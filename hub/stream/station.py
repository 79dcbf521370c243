"""Puts together what a process needs of Kafka: the way in, the reading, the news going out.

A process that only serves the door starts no consumer; one that only works answers no door.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from hub.config import Settings
from hub.intake.inbox import Receive
from hub.notify.tools import Publish, Unpublished
from hub.pipeline.move import Mover
from hub.pipeline.translate import Translator
from hub.stations import Station
from hub.stream.brokers import BrokerAway, Brokers
from hub.stream.door import StreamDoor
from hub.stream.publisher import Publisher, TooLarge

CONFIRMED = 10.0  #: seconds the broker has to keep what is told; nobody outside waits for it
HEADROOM = 65_536  #: bytes a record's headers may take beside the largest body


class Stream:
    """Kafka, as one process uses it."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is connected yet. Raises ``ValueError`` for settings that cannot be used."""
        self._settings = settings
        self.publisher = Publisher(Brokers.of(settings), settings.max_body + HEADROOM)
        self.stations: list[Station] = [self.publisher]
        self.publish: Publish | None = self._publish

    def door(self, otherwise: Receive) -> Receive:
        """Return what makes a raw durable; ``otherwise`` does so while the broker is away."""
        return StreamDoor(self.publisher, otherwise, self._settings.stream_patience).receive

    def read(self, mover: Mover, translator: Translator, clock: Callable[[], datetime]) -> None:
        """Have the topics read by this process. Imports Faust."""
        from hub.stream.edge import Edge  # noqa: PLC0415 - a door alone needs no consumer

        self.stations.append(Edge(self._settings, mover, translator, clock))

    async def _publish(
        self, topic: str, key: bytes, value: bytes, headers: Mapping[str, str]
    ) -> str:
        written = [(name, text.encode()) for name, text in headers.items()]
        try:
            return await self.publisher.send(
                topic, value, key=key, headers=written, seconds=CONFIRMED
            )
        except (BrokerAway, TooLarge) as error:
            raise Unpublished(str(error)) from error
