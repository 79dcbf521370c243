"""How far the database has come with the partitions, whatever the broker says of it."""

from collections.abc import Mapping, Sequence
from functools import partial

from hub.store import offsets
from hub.store.offsets import Place
from hub.store.session import Store
from hub.telemetry import alert


class Positions:
    """The places of one database. What they are kept with are orders: both move, or neither."""

    def __init__(self, store: Store) -> None:
        """Read them from ``store``."""
        self._store = store
        self._anew: set[Place] = set()

    async def read(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the next record of each partition. Raises ``StoreUnavailable``."""
        return await self._store.read(lambda c: offsets.read(c, places))

    async def among(self, kept: Mapping[Place, tuple[int, int]]) -> dict[Place, int]:
        """Return the same for topics that have records from one to below another.

        A topic that ends before that place is not the one that was read: it begins anew. What the
        broker has forgotten is passed over here, by name, and nowhere else. Raises
        ``StoreUnavailable``.
        """
        known = await self.read(list(kept))
        for place, (first, end) in kept.items():
            old = known[place]
            anew = old > end or place in self._anew
            if anew or old < first:
                moves = {place: (old, first)}
                await self._store.write(partial(offsets.advance, moves=moves))
                known[place] = first
                _tell(place, old, first, anew=anew)
            self._anew.discard(place)
        return known

    def begins_anew(self, place: Place) -> None:
        """Note that a topic turned out to be another one than that which was read."""
        self._anew.add(place)


def _tell(place: Place, old: int, first: int, *, anew: bool) -> None:
    name = f"{place.topic}/{place.partition}"
    if anew:
        alert("stream_begins_anew", partition=name)
    elif old:  # of a topic nobody has read yet, nothing is missing
        alert("stream_expired", count=first - old, partition=name)
