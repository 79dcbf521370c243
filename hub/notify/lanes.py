"""Room for notices: so many at once to each provider and sink, and none to one that is ill.

A look at the database costs the same for one notice as for many, so what a lane will send within
the next moment is taken ahead; it waits for a place here. A lane that is slow takes nothing ahead:
what it cannot send yet belongs into the database, where another channel may take over.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from hub.notify.audience import House
from hub.notify.breaker import Breaker
from hub.notify.channels import Audience
from hub.notify.pace import Pace
from hub.store.attempts import Lane
from hub.telemetry import ILL, alert

#: so many times its places a lane has taken at most; and no more than twice what it sent lately
AHEAD = 4
#: per place: attempts whose outcome is not in the ledger yet; most have their answer already
UNSETTLED = 2 * AHEAD


class Health(Enum):
    """What an attempt says of its far end."""

    WELL = "it works, also when it refuses one message"
    ILL = "it does not work"
    GONE = "this address is no more"
    UNSAID = "nothing"


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
        self._slots = {lane: asyncio.Semaphore(at_once) for lane, at_once in self._places.items()}
        self._room = dict(self._places)  #: how many may be taken and not sent yet
        self._taken: Counter[Lane] = Counter()
        self._lately: Counter[Lane] = Counter()  #: how many were sent since the last look
        self._unsettled: Counter[Lane] = Counter()
        self._left: Counter[Lane] = Counter()  #: how often the far end was found ill or gone

    def free(self, now: datetime) -> dict[Lane, int]:
        """Return the lanes that have room, each with how many notices it takes."""
        for lane, least in self._places.items():
            self._room[lane] = min(max(2 * self._lately[lane], least), AHEAD * least)
        self._lately.clear()
        room = {
            lane: most - self._taken[lane] for lane, most in self._room.items() if self.roomy(lane)
        }
        places = {lane: self._breakers[lane].places(free, now) for lane, free in room.items()}
        for lane, pace in self._paces.items():
            places[lane] = pace.allows(places.get(lane, 0), now)
        return {lane: free for lane, free in places.items() if free > 0}

    def roomy(self, lane: Lane) -> bool:
        """Whether a look at the database is worth it: for one free place it costs as for eight."""
        settled = self._unsettled[lane] < UNSETTLED * self._places[lane]
        return settled and 2 * self._taken[lane] <= self._room[lane]

    def begun(self, lane: Lane) -> int:
        """Note that a notice was taken; return what ``turn`` wants to know."""
        self._taken[lane] += 1
        self._unsettled[lane] += 1
        self._breakers[lane].begun()
        if lane in self._paces:
            self._paces[lane].begun()
        return self._left[lane]

    async def turn(self, lane: Lane, begun: int) -> bool:
        """Wait for a place; False if since then the far end was found ill, or is no more."""
        await self._slots[lane].acquire()
        return self._left[lane] == begun

    def answered(self, lane: Lane, now: datetime, health: Health) -> None:
        """Note what an attempt says of the far end."""
        self._slots[lane].release()
        self._taken[lane] -= 1
        self._lately[lane] += 1
        breaker = self._breakers[lane]
        if health is Health.UNSAID:
            breaker.called_off()
        elif breaker.ended(well=health is not Health.ILL, now=now):
            self._left[lane] += 1
            alert("provider_ill", channel=lane.channel, recipient=lane.recipient or "everybody")
        if health is Health.GONE and lane.recipient is not None:
            self._left[lane] += 1
        ILL.labels(lane.channel, lane.recipient or "").set(breaker.open)

    def settled(self, lane: Lane) -> None:
        """Note that an attempt is over, its outcome written down or not."""
        self._unsettled[lane] -= 1

    def ill(self) -> frozenset[Lane]:
        """Return the lanes whose far end is left alone now."""
        return frozenset(lane for lane in self._places if self._breakers[lane].open)
