"""Moves raws through the stations, wherever they came from, and never loses or skips one."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import Connection

from hub.crashpoints import crashpoint
from hub.pipeline import quarantine
from hub.pipeline.apply import Applied, apply
from hub.pipeline.recent import Recent
from hub.pipeline.translate import Translated, Translator
from hub.store import inbox, log
from hub.store.log import CursorMoved, Kept
from hub.store.session import Store, StoreUnavailable
from hub.telemetry import alert

_log = structlog.get_logger()


class Batch(Protocol):
    """Raws that are moved together."""

    @property
    def rows(self) -> Sequence[Kept]:
        """The raws as they came."""

    @property
    def translated(self) -> list[Translated] | None:
        """The same in our words; None: there is one that no connector survives."""

    def claim(self, connection: Connection) -> Sequence[int | None]:
        """Move the reader's cursor past the raws; raise ``CursorMoved`` if it is not before them.

        Returns the number each raw has in the log, None for one that was dealt with already.
        """

    def count(self, connection: Connection) -> None:
        """Count the raws as accepted if nobody has; the last thing before a commit."""

    def split(self) -> "Iterator[Batch]":
        """Return the raws one by one; each is to be moved before the next is."""


class Mover:
    """Stations 2 to 4 for one batch at a time."""

    def __init__(
        self, store: Store, translator: Translator, changed: Callable[[Applied], None]
    ) -> None:
        """``changed`` is called after each commit, with what the batch did."""
        self.store = store
        self.recent = Recent()
        self._translator = translator
        self._changed = changed

    async def move(self, batch: Batch, ahead: Callable[[], None] = lambda: None) -> None:
        """Make everything a batch tells durable, or nothing of it.

        ``ahead`` is called on the writer's thread when all that is left is the commit. Raises
        ``CursorMoved`` when the batch does not follow what was read last, and ``StoreUnavailable``.
        """
        if batch.translated is None:
            await self._one_by_one(batch)
            return
        try:
            await self._apply(batch, batch.translated, ahead)
        except CursorMoved:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, one raw is to blame; it is found below
            await self._one_by_one(batch)

    def tell(self, applied: Applied) -> None:
        """Say what was committed to whoever has to do with it."""
        for name, count in (+applied.alerts).items():
            alert(name, count=count)
        self._changed(applied)

    async def _apply(
        self, batch: Batch, translated: Sequence[Translated], ahead: Callable[[], None]
    ) -> None:
        def work(connection: Connection) -> Applied:
            numbers = batch.claim(connection)
            applied = apply(connection, _numbered(translated, numbers), self.recent)
            batch.count(connection)
            # All that is left is the commit, which waits for the disk.
            ahead()
            return applied

        applied = await self.store.write(
            work, then=lambda applied: self.recent.keep(applied.at_hand)
        )
        crashpoint("pipeline.committed")
        self.tell(applied)

    async def _healthy(self) -> bool:
        """Whether the database takes writes at all, so that a refusal is about the raw."""
        try:
            await self.store.write(lambda c: log.advance_nothing(c, log.READER))
        except StoreUnavailable:
            return False
        return True

    async def _one_by_one(self, batch: Batch) -> None:
        """A batch failed: find the raw that is to blame, so that it does not hold up the others."""
        if not await self._healthy():
            raise StoreUnavailable("the database takes no writes")
        for one in batch.split():
            row = one.rows[0]
            try:
                await self._apply(one, [self._translator.translate(row)], lambda: None)
            except CursorMoved:
                raise
            except Exception as error:
                if isinstance(error, StoreUnavailable) and not await self._healthy():
                    raise
                # No traceback and no message: both may quote what the sender wrote about people.
                where = traceback.extract_tb(error.__traceback__)[-1]
                _log.error(
                    "pipeline.failed",
                    raw=row.id,
                    connector=row.connector,
                    error=type(error).__name__,
                    where=f"{Path(where.filename).name}:{where.lineno}",
                )
                await self._set_aside(one, error)

    async def _set_aside(self, batch: Batch, error: Exception) -> None:
        """A fault of ours must not stop the feed: the raw waits for a release after the fix."""
        reason = f"{type(error).__name__}: {error}"

        def work(connection: Connection) -> Applied:
            unread = [self._translator.unreadable(batch.rows[0], reason)]
            for one in _numbered(unread, batch.claim(connection)):
                inbox.repeat(connection, [one.delivery], "quarantined")
                held = quarantine.row(
                    one, quarantine.ERROR, code=type(error).__name__, detail=str(one.unreadable)
                )
                quarantine.keep(connection, [held])
            batch.count(connection)
            return Applied(raws=1, outcomes={"quarantined": 1})

        self._changed(await self.store.write(work))


def _numbered(
    translated: Sequence[Translated], numbers: Sequence[int | None]
) -> Sequence[Translated]:
    """Give the raws the numbers they have in the log; leave out those that have none."""
    if all(one.delivery.raw_id == number for one, number in zip(translated, numbers, strict=True)):
        return translated
    return [
        one.numbered(number)
        for one, number in zip(translated, numbers, strict=True)
        if number is not None
    ]
