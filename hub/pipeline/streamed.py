"""Raws that a stream brought: with them moves how far the stream was read, or neither moves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from hub.crashpoints import crashpoint
from hub.pipeline.translate import Translated, Translator
from hub.store import log, offsets
from hub.store.log import Kept
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


@dataclass(frozen=True, slots=True)
class Streamed:
    """Raws of some partitions, in the order of each partition, that are moved together."""

    records: Sequence[Record]
    translated: list[Translated] | None
    before: Mapping[Place, int]  #: how far each of the partitions had been read
    after: Mapping[Place, int]  #: how far each will have been read
    careful: bool = False  #: look whether raws are known, even if nobody has read so far
    #: those of the records that the last claim has put into the log
    fresh: list[Record] = field(init=False, default_factory=list)

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
        again = [
            one.origin
            for one in self.records
            if self.careful or one.offset < self.before[one.place]
        ]
        known = offsets.numbers(connection, again)
        self.fresh[:] = [one for one in self.records if one.origin not in known]
        log.at_the_end(connection, [_row(one) for one in self.fresh])
        crashpoint("log.appended")
        numbers = offsets.numbers(connection, [one.origin for one in self.fresh])
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
            yield Streamed([one], None, was, {one.place: reached}, careful=True)
            before[one.place] = reached
        yield Streamed(self.records[-1:], None, before, self.after, careful=True)


def translate(records: Sequence[Record], translator: Translator) -> list[Translated] | None:
    """Translate what was read; None when there is one that no connector survives."""
    try:
        return [translator.translate(one.raw) for one in records]
    except Exception:  # noqa: BLE001 - whatever it is, one raw is to blame; it is found later
        return None


def ends(records: Sequence[Record], before: Mapping[Place, int]) -> dict[Place, int]:
    """Return how far each partition will have been read with these records."""
    after = dict(before)
    for one in records:
        after[one.place] = max(after[one.place], one.offset + 1)
    return after


def _row(one: Record) -> dict[str, object]:
    row = one.raw._asdict()
    del row["id"]
    return row | {"origin": one.origin}
