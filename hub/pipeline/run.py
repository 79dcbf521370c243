"""Moves raws from the log through the stations, batch by batch, and never loses or skips one."""

import asyncio
import traceback
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import structlog
from sqlalchemy import Connection

from hub.courtesy import Courtesy
from hub.crashpoints import crashpoint
from hub.pipeline import quarantine
from hub.pipeline.apply import Applied, apply
from hub.pipeline.batch import BATCH, SMALL, Batch, Batches
from hub.pipeline.homecoming import recheck
from hub.pipeline.recent import Recent
from hub.pipeline.translate import Translated, Translator
from hub.store import inbox, log
from hub.store.log import Kept
from hub.store.session import Store, StoreUnavailable
from hub.telemetry import alert

IDLE = 1.0  #: seconds until the log is looked at even if nobody called
PAUSE = 2.0  #: seconds to wait when the database is out of reach
YIELD = 0.05  #: seconds a batch lets those at the door go first
SOME = 4  #: visits during one batch that make it a busy time
LATE = 20.0  #: seconds of a growing backlog after which it does not: a third of the promise

_log = structlog.get_logger()


class Pipeline:
    """Stations 2 to 4 as one worker."""

    def __init__(
        self,
        store: Store,
        translator: Translator,
        changed: Callable[[Applied], None],
        courtesy: Courtesy | None = None,
    ) -> None:
        """``changed`` is called after each commit, with what the batch did."""
        self.store = store
        self.translator = translator
        self.changed = changed
        self._batches = Batches(store, translator)
        self._recent = Recent()
        self._bell = asyncio.Event()
        self._courtesy = courtesy or Courtesy()
        self._visits = 0  #: at the door, up to the last batch
        self._caught_up = monotonic()  #: when nothing waited the last time

    def arrived(self) -> None:
        """Say that a raw became durable."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                if await self.step():
                    continue
            except StoreUnavailable as error:
                if not self.store.alive:
                    raise  # it will not come back in this process
                _log.warning("pipeline.waits", error=str(error), seconds=PAUSE)
                await _quiet(asyncio.Event(), PAUSE)
                continue
            except log.CursorMoved as error:  # the log is read again from where it really is
                _log.warning("pipeline.rereads", error=str(error))
                continue
            await _quiet(self._bell, IDLE)

    async def step(self) -> int:
        """Move one batch through; return how many raws it had."""
        self._bell.clear()
        self._batches.size = await self._turn()
        batch = await self._batches.next()
        if batch.rows:
            await self._move(batch)
        else:
            self._caught_up = monotonic()
        return len(batch.rows)

    async def recheck(self) -> int:
        """Bring home what is parked although its order is known; return how much that was.

        Raises ``StoreUnavailable``.
        """
        return await recheck(self.store, self._recent, self._tell)

    async def _turn(self) -> int:
        """Let those at the door go first; return how many raws the next batch may have."""
        if monotonic() - self._caught_up > LATE:
            return BATCH
        await self._courtesy.wait(YIELD)
        busy = self._courtesy.visits - self._visits >= SOME
        self._visits = self._courtesy.visits
        return SMALL if busy else BATCH

    async def _move(self, batch: Batch) -> None:
        if batch.translated is None:
            await self._one_by_one(batch)
            return
        try:
            await self._apply(batch.position, batch.end, batch.translated)
        except log.CursorMoved:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, one raw is to blame; it is found below
            await self._one_by_one(batch)

    async def _apply(self, old: int, new: int, batch: list[Translated]) -> None:
        def work(connection: Connection) -> Applied:
            applied = apply(connection, batch, self._recent, old=old, new=new)
            # All that is left is the commit, which waits for the disk.
            self._batches.look_ahead(new)
            return applied

        applied = await self.store.write(
            work, then=lambda applied: self._recent.keep(applied.at_hand)
        )
        crashpoint("pipeline.committed")
        self._batches.done(new)
        self._tell(applied)

    def _tell(self, applied: Applied) -> None:
        """Say what was committed to whoever has to do with it."""
        for name, count in (+applied.alerts).items():
            alert(name, count=count)
        self.changed(applied)

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
        position = batch.position
        for row in batch.rows:
            try:
                await self._apply(position, row.id, [self.translator.translate(row)])
            except log.CursorMoved:
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
                await self._set_aside(position, row, error)
            position = row.id

    async def _set_aside(self, position: int, row: Kept, error: Exception) -> None:
        """A fault of ours must not stop the feed: the raw waits for a release after the fix."""

        def work(connection: Connection) -> Applied:
            log.advance(connection, log.READER, old=position, new=row.id)
            one = self.translator.unreadable(row, f"{type(error).__name__}: {error}")
            inbox.repeat(connection, [one.delivery], "quarantined")
            held = quarantine.row(
                one, quarantine.ERROR, code=type(error).__name__, detail=str(one.unreadable)
            )
            quarantine.keep(connection, [held])
            return Applied(raws=1, outcomes={"quarantined": 1})

        applied = await self.store.write(work)
        self._batches.done(row.id)
        self.changed(applied)


async def _quiet(bell: asyncio.Event, seconds: float) -> None:
    """Wait for the bell, but no longer than ``seconds``."""
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
