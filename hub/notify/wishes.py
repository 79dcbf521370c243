"""What a customer has said about being told: by which channels, what not, and when not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from hub.config import Shop
from hub.notify.quiet_hours import Hours, night, zone_of
from hub.store.consents import EVERY, OFFERS, Standing, agreed
from state_machine.milestones import Told, Urgency

#: what cannot be switched off altogether, only on a channel: it belongs to the purchase
KEPT = frozenset({Urgency.CRITICAL, Urgency.TRANSACTIONAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How one person wants to be told; empty: as the shop does it."""

    timezone: str | None = None
    quiet: Hours | None = None
    channels: Mapping[str, Sequence[str]] = field(default_factory=dict)  #: class or "*" -> names
    consents: Standing = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> "Wishes":
        """Read a row with the columns of ``customer``; empty ones: nothing has been said."""
        if row.channels is None:
            return NOTHING_SAID
        return cls(
            timezone=row.timezone,
            quiet=Hours.read(row.quiet) if row.quiet else None,
            channels=orjson.loads(row.channels),
            consents=orjson.loads(row.consents),
        )

    def order(self, urgency: Urgency) -> Sequence[str]:
        """Return the channels that are to be tried first, best first."""
        return self.channels.get(urgency) or self.channels.get(EVERY) or ()

    def refused(self, channel: str, urgency: Urgency) -> bool:
        """Say whether a class of messages is switched off on a channel."""
        return agreed(self.consents, channel, urgency) is False

    def agreed(self, channel: str, urgency: Urgency) -> bool:
        """Say whether they have agreed to a class of messages on just this channel."""
        return self.consents.get(f"{channel}/{urgency}") is True

    @property
    def offers(self) -> bool:
        """Whether they have agreed to see offers; who has said nothing has not."""
        return agreed(self.consents, EVERY, OFFERS) is True

    def hours(self, country: str | None, *, rings: bool) -> Hours | None:
        """Return when a channel keeps quiet: as they said; else one that rings spares the night."""
        return self.quiet or (night(country) if rings else None)


NOTHING_SAID = Wishes()


def urgency_of(told: Told | None) -> Urgency:
    """Return the message class of a milestone; what we do not know belongs to the purchase."""
    return told.urgency if told is not None else Urgency.TRANSACTIONAL


def zone(wishes: Wishes, country: str | None, shop: Shop) -> ZoneInfo:
    """Return the clock a person lives by: as they said, of their country, else of the shop."""
    return _zone(wishes.timezone or (country and zone_of(country)) or shop.timezone)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
