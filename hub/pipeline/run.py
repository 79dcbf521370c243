"""Reads the embedded log to its end, batch by batch, and waits until there is more."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import structlog

from hub.clock import Clock, utc_now
from hub.courtesy import Courtesy
from hub.pipeline.apply import Applied
from hub.pipeline.batch import BATCH, SMALL, Batches
from hub.pipeline.homecoming import recheck
from hub.pipeline.move import Mover
from hub.pipeline.translate import Translator
from hub.store import log
from hub.store.duties import Duty
from hub.store.session import Store, StoreUnavailable

IDLE = 1.0  #: seconds until the log is looked at even if nobody called
PAUSE = 2.0  #: seconds to wait when the database is out of reach
YIELD = 0.05  #: seconds a batch lets those at the door go first
SOME = 4  #: visits during one batch that make it a busy time
RUSH = 96  #: visits during one batch with which the pipeline does not try to keep pace
LATE = 20.0  #: seconds of a growing backlog after which it does not: a third of the promise

_log = structlog.get_logger()


class Pipeline:
    """The embedded log's way through stations 2 to 4."""

    def __init__(
        self,
        store: Store,
        translator: Translator,
        changed: Callable[[Applied], None],
        courtesy: Courtesy | None = None,
        duty: Duty | None = None,
        clock: Clock = utc_now,
    ) -> None:
        """``changed`` is called after each commit, with what the batch did.

        ``duty``: of several workers at one log, one reads it; left out: we are the only one.
        """
        self.store = store
        self.translator = translator
        self.mover = Mover(store, translator, changed)
        self._batches = Batches(store, translator)
        self._bell = asyncio.Event()
        self._courtesy = courtesy or Courtesy()
        self._duty = duty
        self._clock = clock
        self._visits = 0  #: at the door, up to the last batch
        self._rush = False  #: whether more came during the last batch than can be kept pace with
        self._caught_up = monotonic()  #: when nothing waited the last time
        self._stopping = False

    def arrived(self) -> None:
        """Say that a raw became durable."""
        self._bell.set()

    async def stop(self) -> None:
        """Take nothing new; ``run`` ends with the batch that is in hand."""
        self._stopping = True
        self._bell.set()

    async def run(self) -> None:
        """Work until ``stop``."""
        while not self._stopping:
            try:
                if await self._reads() and await self.step():
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
        if self._duty is not None:
            with suppress(StoreUnavailable):  # then it ends by itself
                await self._duty.let_go()

    async def _reads(self) -> bool:
        """Whether it is we who read the log; if not we look again when it is time for that."""
        ours = self._duty is None or await self._duty.ours()
        if not ours:
            self._bell.clear()
        return ours

    async def step(self) -> int:
        """Move one batch through; return how many raws it had."""
        self._bell.clear()
        self._batches.size = await self._turn()
        batch = await self._batches.next()
        if batch.rows:
            await self.mover.move(batch, lambda: self._batches.look_ahead(batch.end))
            self._batches.done(batch.end)
        if len(batch.rows) < self._batches.size:
            self._caught_up = monotonic()
            self._courtesy.read(0.0)
        else:
            waited = self._clock() - batch.rows[0].received_at
            self._courtesy.read(waited.total_seconds())
        return len(batch.rows)

    async def recheck(self) -> int:
        """Bring home what is parked although its order is known; return how much that was.

        Raises ``StoreUnavailable``.
        """
        return await recheck(self.store, self.mover.recent, self.mover.tell)

    async def _turn(self) -> int:
        """Let those at the door go first; return how many raws the next batch may have.

        A steady stream is kept pace with, so that it is told at once; a rush waits until it is over
        or ``LATE``.
        """
        if monotonic() - self._caught_up > LATE:
            return BATCH
        # In a rush a moment of quiet is no sign that it is over.
        await (_quiet(asyncio.Event(), YIELD) if self._rush else self._courtesy.wait(YIELD))
        visits = self._courtesy.visits - self._visits
        self._visits = self._courtesy.visits
        self._rush = visits > RUSH
        if visits < SOME:
            return BATCH
        return SMALL if self._rush else max(SMALL, visits * 5 // 4)


async def _quiet(bell: asyncio.Event, seconds: float) -> None:
    """Wait for the bell, but no longer than ``seconds``."""
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
