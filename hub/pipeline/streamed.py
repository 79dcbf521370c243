"""Raws that a stream brought: with them moves how far the stream was read, or neither moves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from hub.crashpoints import crashpoint
from hub.pipeline.translate import Translated, Translator
from hub.store import log, offsets
from hub.store.log import CursorMoved, Kept
from hub.store.offsets import Place


class Record(NamedTuple):
    """One raw and where in the stream it stands."""

    place: Place
    offset: int
    at: int  #: when the stream was given it, in milliseconds
    raw: Kept  #: its number is 0: it is not in the log yet

    @property
    def origin(self) -> str:
        """The place as the log keeps it; with the time, for a topic made anew begins at 0 again."""
        return f"{self.place.topic}/{self.place.partition}@{self.offset}~{self.at}"


class Skipped(CursorMoved):
    """A batch does not begin where its partition was read to: what lies between would be lost."""


class Stretch(NamedTuple):
    """A part of a partition, of which all there is has been read."""

    begin: int  #: its first number, whether there is a record of that number or not
    end: int  #: the number after its last record


@dataclass(frozen=True, slots=True)
class Streamed:
    """Raws of some partitions, in the order of each partition, that are moved together."""

    records: Sequence[Record]
    translated: list[Translated] | None
    way: Mapping[Place, Stretch]  #: what of each partition is read with them
    before: Mapping[Place, int]  #: how far each of the partitions had been read
    careful: bool = False  #: look whether raws are known, even if nobody has read so far
    #: those of the records that the last claim has put into the log
    fresh: list[Record] = field(init=False, default_factory=list)

    @property
    def rows(self) -> Sequence[Kept]:
        """The raws."""
        return [one.raw for one in self.records]

    @property
    def after(self) -> dict[Place, int]:
        """How far each of the partitions will have been read."""
        return {place: max(old, self.way[place].end) for place, old in self.before.items()}

    def claim(self, connection: Connection) -> Sequence[int | None]:
        """Move the partitions past the raws, and put those into the log that are not there yet.

        A stream that is read again brings what is there already; its place in the stream tells.
        Raises ``Skipped`` rather than to move past what nobody has read.
        """
        for place, old in self.before.items():
            if self.way[place].begin > old:
                raise Skipped(f"{place.topic}/{place.partition}: {self.way[place]} follows {old}")
        after = self.after
        offsets.advance(connection, {place: (self.before[place], after[place]) for place in after})
        again = [
            one.origin
            for one in self.records
            if self.careful or one.offset < self.before[one.place]
        ]
        known = offsets.numbers(connection, again)
        unknown = [_row(one) for one in self.records if one.origin not in known]
        numbers = log.from_a_stream(connection, unknown)
        self.fresh[:] = [one for one in self.records if one.origin in numbers]
        crashpoint("log.appended")
        return [numbers.get(one.origin) for one in self.records]

    def count(self, connection: Connection) -> None:
        """Count what was put into the log."""
        log.count(connection, [_row(one) for one in self.fresh])

    def split(self) -> Iterator["Streamed"]:
        """Return them one by one; with the last one goes what is to be passed over behind it."""
        before = dict(self.before)
        for one in self.records[:-1]:
            reached = max(before[one.place], one.offset + 1)
            was = {one.place: before[one.place]}
            part = {one.place: Stretch(self.way[one.place].begin, reached)}
            yield Streamed([one], None, part, was, careful=True)
            before[one.place] = reached
        yield Streamed(self.records[-1:], None, self.way, before, careful=True)


def translate(records: Sequence[Record], translator: Translator) -> list[Translated] | None:
    """Translate what was read; None when there is one that no connector survives."""
    try:
        return [translator.translate(one.raw) for one in records]
    except Exception:  # noqa: BLE001 - whatever it is, one raw is to blame; it is found later
        return None


def way(steps: Iterable[tuple[Place, int, int]]) -> dict[Place, Stretch]:
    """Return what of each partition is read by steps: where, what a record follows, its number.

    Raises ``Skipped`` when something between two of them is missing.
    """
    found: dict[Place, Stretch] = {}
    for place, follows, number in steps:
        read = found.get(place, Stretch(follows, follows))
        if follows > read.end:
            raise Skipped(f"{place.topic}/{place.partition}: {number} follows {read}")
        found[place] = Stretch(read.begin, number + 1)
    return found


def _row(one: Record) -> dict[str, object]:
    row = one.raw._asdict()
    del row["id"]
    return row | {"origin": one.origin}
