"""Opens the way raws go besides the database; Kafka is imported only where it is asked for."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from hub.config import Settings
from hub.intake.inbox import Receive
from hub.notify.tools import Publish
from hub.pipeline.move import Mover
from hub.pipeline.translate import Translator
from hub.readiness import Check
from hub.stations import Station


class Way(Protocol):
    """What a process does about topics."""

    stations: list[Station]
    publish: Publish | None

    def door(self, otherwise: Receive) -> Receive:
        """Return what makes a raw durable; ``otherwise`` does so in the database."""

    def read(self, mover: Mover, translator: Translator, clock: Callable[[], datetime]) -> None:
        """Have the topics read by this process."""


class Embedded:
    """There are none: all that comes goes into the database."""

    def __init__(self) -> None:
        """Nothing has to run for it."""
        self.stations: list[Station] = []
        self.publish: Publish | None = None

    def door(self, otherwise: Receive) -> Receive:
        """Return what makes a raw durable."""
        return otherwise

    def read(self, mover: Mover, translator: Translator, clock: Callable[[], datetime]) -> None:
        """Read nothing."""


def open_way(settings: Settings, connectors: Collection[str]) -> Way:
    """Open the way the settings ask for; ``connectors``: the names there are.

    Raises ``ValueError`` for settings that cannot be used.
    """
    if not settings.streams:
        return Embedded()
    for topic, one in settings.topics.items():
        if one.connector not in connectors:
            raise ValueError(
                f"TILANNE_TOPICS: {topic} names the connector {one.connector!r}, which there is"
                f" not; there are {', '.join(sorted(connectors))}"
            )
    from hub.stream.station import Stream  # noqa: PLC0415 - only where it is asked for

    return Stream(settings)


def checks(settings: Settings) -> Sequence[Check]:
    """Return the check of the brokers; none where none are set."""
    if not settings.streams:
        return ()
    from hub.stream.checks import checks as of_brokers  # noqa: PLC0415 - the same

    return of_brokers(settings)
