"""Reads the log for the pipeline, and already translates what comes next while a batch is flushed.

A commit waits for the disk about as long as the next batch takes to be read and translated. So the
pipeline says when it has nothing left to do but commit, and the next batch is read in that pause.
Reading ahead decides nothing: a batch knows the position it follows, and is applied only there.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection

from hub.pipeline.translate import Translated, Translator
from hub.store import log
from hub.store.log import Kept
from hub.store.session import Store

BATCH = 128  #: raws per transaction; the writer thread is busy for about 15 ms with so many
SMALL = 32  #: the same while deliveries pour in, so that none waits long for its answer


@dataclass(frozen=True, slots=True)
class Logged:
    """Raws of the embedded log that are moved together."""

    position: int  #: the raw before them
    rows: Sequence[Kept]
    translated: list[Translated] | None

    @property
    def end(self) -> int:
        """The last raw of them."""
        return int(self.rows[-1].id) if self.rows else self.position

    def claim(self, connection: Connection) -> Sequence[int]:
        """Move the cursor to the last raw of them."""
        log.advance(connection, log.READER, old=self.position, new=self.end)
        return [row.id for row in self.rows]

    def count(self, connection: Connection) -> None:
        """Count nothing: the door has counted them."""

    def split(self) -> Iterator["Logged"]:
        """Return them one by one, none of them translated."""
        position = self.position
        for row in self.rows:
            yield Logged(position, [row], None)
            position = row.id


class Batches:
    """The raws the pipeline has not dealt with yet, batch by batch."""

    def __init__(self, store: Store, translator: Translator) -> None:
        """Read from ``store``; nothing is read before it is asked for."""
        self._store = store
        self._translator = translator
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pipeline-read")
        self._ahead: Future[Logged] | None = None
        self._done: int | None = None  #: the last raw that was dealt with, as far as we know
        self.size = BATCH  #: raws the next batch may have

    async def next(self) -> Logged:
        """Return the batch after the reader's cursor; without rows when nothing waits.

        Raises ``StoreUnavailable``.
        """
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            batch = await asyncio.wrap_future(ahead)
            # What it follows may not have come to pass: then it is read again.
            if batch.rows and batch.position == self._done:
                return batch
        return await asyncio.wrap_future(self._thread.submit(self._read, None))

    def done(self, position: int) -> None:
        """Note that everything up to ``position`` has been dealt with, durably."""
        self._done = position

    def look_ahead(self, position: int) -> None:
        """Begin to read what comes after ``position``; called on the writer's thread.

        It goes past the event loop on purpose: to wake the loop, the writer would give the
        interpreter away before its commit has begun, and get it back when all is translated.
        """
        if self._ahead is None:
            self._ahead = self._thread.submit(self._read, position)

    def _read(self, position: int | None) -> Logged:
        def look(connection: Connection) -> tuple[int, Sequence[Kept]]:
            last = log.position(connection, log.READER) if position is None else position
            return last, log.after(connection, last, self.size)

        last, rows = self._store.read_now(look)
        try:
            return Logged(last, rows, [self._translator.translate(row) for row in rows])
        except Exception:  # noqa: BLE001 - whatever it is, one raw is to blame; it is found later
            return Logged(last, rows, None)
