"""Notices a consumer that has stopped moving although orders' records wait."""

from collections.abc import Mapping
from time import monotonic

from faust import App
from faust.types import TP

from hub.store.offsets import Place
from hub.stream.reader import Reader


class Watchdog:
    """One look after the other at one consumer."""

    def __init__(self, app: App, reader: Reader, seconds: float) -> None:
        """``seconds``: how long something may stand still."""
        self._app, self._reader, self._seconds = app, reader, seconds
        self._since: dict[str, tuple[int, float]] = {}

    def look(self, ends: Mapping[Place, int]) -> str:
        """Return what is stuck; nothing while all is well, or while the database is away."""
        if not self._reader.healthy:
            self._since.clear()
            return ""
        still: set[str] = set()
        stuck = ""
        read = self._reader.read
        for place, moved in self._reader.moved.items():
            name = f"{place.topic}/{place.partition}"
            if ends.get(place, 0) > read[place]:
                stuck = self._stands(f"{name} is read", read[place], still) or stuck
            committed = self._committed(place)
            if moved > committed:
                stuck = self._stands(f"{name} is committed", committed, still) or stuck
        if self._app.rebalancing:
            stuck = self._stands("the group rebalances", 0, still) or stuck
        self._since = {name: since for name, since in self._since.items() if name in still}
        return stuck

    def _stands(self, name: str, position: int, still: set[str]) -> str:
        """Note that something waits at a position; return its name when it does so for too long."""
        still.add(name)
        now = monotonic()
        was, since = self._since.get(name, (position, now))
        if was != position:
            since = now
        self._since[name] = position, since
        return name if now - since > self._seconds else ""

    def _committed(self, place: Place) -> int:
        known = self._app.consumer._committed_offset  # type: ignore[attr-defined]  # noqa: SLF001
        return known.get(TP(place.topic, place.partition)) or 0
