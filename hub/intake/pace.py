"""How often one source may deliver news of orders: only what is authentic is counted."""

from dataclasses import dataclass
from math import ceil

from hub import telemetry
from hub.live.limits import Away, Limits, Rate
from hub.refusals import Refused


@dataclass(frozen=True, slots=True)
class Pace:
    """The limit of every source; ``rate`` None: there is none."""

    limits: Limits
    rate: Rate | None

    async def keep(self, connector: str, source: str) -> None:
        """Raise ``Refused`` for a source that delivers too often.

        When nobody can tell how often it did, the door is open: to lose news would be worse.
        """
        if self.rate is None:
            return
        try:
            grant = await self.limits.take(f"door:{connector}:{source}", self.rate)
        except Away:
            telemetry.UNLIMITED.inc()
            return
        if not grant.granted:
            wait = {"Retry-After": str(ceil(grant.wait))}
            raise Refused("too-often", f"{self.rate} for each source.", headers=wait)


def pace(limits: Limits, per_second: float) -> Pace:
    """Return the pace of the settings; 0: as they like."""
    return Pace(limits, Rate(per_second) if per_second else None)
