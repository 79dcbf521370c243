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

    async def read(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the next record of each partition. Raises ``StoreUnavailable``."""
        return await self._store.read(lambda c: offsets.read(c, places))

    async def among(self, kept: Mapping[Place, tuple[int, int]]) -> dict[Place, int]:
        """Return the same for topics that have records from one to below another.

        A topic that ends before that place is not the one that was read: it begins anew. Raises
        ``StoreUnavailable``.
        """
        known = await self.read(list(kept))
        for place, (first, end) in kept.items():
            name = f"{place.topic}/{place.partition}"
            if known[place] > end:
                back = {place: (known[place], 0)}
                await self._store.write(partial(offsets.advance, moves=back))
                alert("stream_begins_anew", partition=name)
                known[place] = 0
            elif 0 < known[place] < first:
                alert("stream_expired", count=first - known[place], partition=name)
        return known
