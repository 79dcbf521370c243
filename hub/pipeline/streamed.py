"""Raws that a stream brought: with them moves how far the stream was read, or neither moves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from hub.pipeline.translate import Translated, Translator
from hub.store import log, offsets
from hub.store.log import Kept
from hub.store.offsets import Place


class Record(NamedTuple):
    """One raw and where in the stream it stands."""

    place: Place
    offset: int
    raw: Kept  #: its number is 0: it is not in the log yet

    @property
    def origin(self) -> str:
        """The place as the log keeps it."""
        return f"{self.place.topic}/{self.place.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class Streamed:
    """Raws of some partitions, in the order of each partition, that are moved together."""

    records: Sequence[Record]
    before: Mapping[Place, int]  #: how far each of the partitions had been read
    translated: list[Translated] | None
    after: dict[Place, int] = field(init=False)  #: how far each will have been read

    def __post_init__(self) -> None:
        object.__setattr__(self, "after", dict(self.before))
        for one in self.records:
            self.after[one.place] = max(self.after[one.place], one.offset + 1)

    @classmethod
    def of(
        cls, records: Sequence[Record], before: Mapping[Place, int], translator: Translator
    ) -> "Streamed":
        """Make a batch of what was read; ``before`` has every partition of it."""
        try:
            translated = [translator.translate(one.raw) for one in records]
        except Exception:  # noqa: BLE001 - whatever it is, one raw is to blame; it is found later
            translated = None
        return cls(records, before, translated)

    @property
    def rows(self) -> Sequence[Kept]:
        """The raws."""
        return [one.raw for one in self.records]

    def claim(self, connection: Connection) -> Sequence[int | None]:
        """Move the partitions past the raws, and put those into the log that are not there yet.

        A stream that is read again brings what is there already; its place in the stream tells.
        """
        offsets.advance(
            connection, {place: (old, self.after[place]) for place, old in self.before.items()}
        )
        again = [one.origin for one in self.records if one.offset < self.before[one.place]]
        known = offsets.numbers(connection, again)
        fresh = [one for one in self.records if one.origin not in known]
        log.append(connection, [_row(one) for one in fresh])
        numbers = offsets.numbers(connection, [one.origin for one in fresh])
        return [numbers.get(one.origin) for one in self.records]

    def split(self) -> Iterator["Streamed"]:
        """Return them one by one."""
        before = dict(self.before)
        for one in self.records:
            alone = Streamed([one], {one.place: before[one.place]}, None)
            yield alone
            before |= alone.after


def _row(one: Record) -> dict[str, object]:
    row = one.raw._asdict()
    del row["id"]
    return row | {"origin": one.origin}
