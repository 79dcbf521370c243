"""Room for notices: so many at once to each provider and sink, and none to one that is ill."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime

from hub.notify.audience import House
from hub.notify.breaker import Breaker
from hub.notify.channels import Audience
from hub.notify.pace import Pace
from hub.store.attempts import Lane
from hub.telemetry import ILL, alert

#: per place: attempts whose outcome is not in the ledger yet; most have their answer already
UNSETTLED = 4


def lanes(house: House) -> Mapping[Lane, int]:
    """Return every lane with the number of sends it bears at once."""
    found: dict[Lane, int] = {}
    for name, channel in house.channels.items():
        if channel.AUDIENCE is Audience.SINK:
            found |= {Lane(name, sink.name): channel.AT_ONCE for sink in house.sinks(channel)}
        else:
            found[Lane(name)] = channel.AT_ONCE
    return found


class Traffic:
    """What is under way in each lane, and how its far end is."""

    def __init__(self, house: House) -> None:
        """Begin with empty lanes, all of them well."""
        self._places = lanes(house)
        self._breakers: defaultdict[Lane, Breaker] = defaultdict(Breaker)
        rates = house.settings.rates
        self._paces = {
            one: Pace(rates[one.channel]) for one in self._places if one.channel in rates
        }
        self._sending: Counter[Lane] = Counter()
        self._unsettled: Counter[Lane] = Counter()

    def free(self, now: datetime) -> dict[Lane, int]:
        """Return the lanes that have room, each with how many notices it takes."""
        room = {
            lane: places - self._sending[lane]
            for lane, places in self._places.items()
            if self.roomy(lane)
        }
        places = {lane: self._breakers[lane].places(free, now) for lane, free in room.items()}
        for lane, pace in self._paces.items():
            places[lane] = pace.allows(places.get(lane, 0), now)
        return {lane: free for lane, free in places.items() if free > 0}

    def roomy(self, lane: Lane) -> bool:
        """Whether a look at the database is worth it: for one free place it costs as for eight."""
        places = self._places[lane]
        settled = self._unsettled[lane] < UNSETTLED * places
        return settled and 2 * self._sending[lane] <= places

    def begun(self, lane: Lane) -> None:
        """Note that an attempt begins."""
        self._sending[lane] += 1
        self._unsettled[lane] += 1
        self._breakers[lane].begun()
        if lane in self._paces:
            self._paces[lane].begun()

    def answered(self, lane: Lane, now: datetime, *, well: bool | None) -> None:
        """Note what an attempt says of the far end: well, ill, or None: nothing."""
        self._sending[lane] -= 1
        breaker = self._breakers[lane]
        if well is None:
            breaker.called_off()
        elif breaker.ended(well=well, now=now):
            alert("provider_ill", channel=lane.channel, recipient=lane.recipient or "everybody")
        ILL.labels(lane.channel, lane.recipient or "").set(breaker.open)

    def settled(self, lane: Lane) -> None:
        """Note that an attempt is over, its outcome written down or not."""
        self._unsettled[lane] -= 1

    def ill(self) -> frozenset[Lane]:
        """Return the lanes whose far end is left alone now."""
        return frozenset(lane for lane in self._places if self._breakers[lane].open)
