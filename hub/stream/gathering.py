"""Records of orders that are moved together, and what of each partition they cover."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.pipeline.streamed import Record, Streamed, way
from hub.pipeline.translate import Translated
from hub.store.offsets import Place


class Taken(NamedTuple):
    """A record as the consumer handed it over."""

    event: Any
    place: Place
    follows: int  #: between this number and its own the broker has none


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was taken together, and what is in it."""

    taken: Sequence[Taken]
    records: Sequence[Record]  #: of those that have a body
    translated: list[Translated] | None
    generation: int

    def batch(self, moved: Mapping[Place, int]) -> Streamed:
        """Return what is to be moved, of the partitions that have been moved so far.

        Raises ``Skipped`` when something in between is missing.
        """
        kept = [(one, number) for number, one in enumerate(self.records) if one.place in moved]
        translated = self.translated
        if translated is not None:
            translated = [translated[number] for _, number in kept]
        # those without a body are a part of the way, too
        steps = way((one.place, one.follows, one.event.message.offset) for one in self.taken)
        before = {place: moved[place] for place in steps.keys() & moved.keys()}
        return Streamed([record for record, _ in kept], translated, steps, before)
