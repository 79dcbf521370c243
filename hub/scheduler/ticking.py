"""The timetable as a station: it ticks until it is stopped, and ends the job that is under way."""

import asyncio

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MISSED,
    EVENT_JOB_SUBMITTED,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler

GRACE = 10.0  #: seconds a job may take to end when the hub stops

ENDED = EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED


class Ticking:
    """A ticker that is started, and stopped between two jobs."""

    def __init__(self, ticker: AsyncIOScheduler) -> None:
        """Take a ticker that has not been started."""
        self._ticker = ticker
        self._under_way: set[str] = set()
        self._stopping = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        ticker.add_listener(self._begun, EVENT_JOB_SUBMITTED)
        ticker.add_listener(self._ended, ENDED)

    async def run(self) -> None:
        """Tick until ``stop``."""
        if self._stopping.is_set():
            return
        self._ticker.start()
        await self._stopping.wait()

    async def stop(self) -> None:
        """Begin no job any more; cut the one under way off if it does not end in time."""
        self._stopping.set()
        if not self._ticker.running:
            return
        self._ticker.pause()
        try:
            await asyncio.wait_for(self._quiet.wait(), GRACE)
        except TimeoutError:
            pass  # a job is harmless to repeat: the next start makes up for it
        finally:
            self._ticker.shutdown(wait=False)

    def _begun(self, event: JobSubmissionEvent) -> None:
        self._under_way.add(event.job_id)
        self._quiet.clear()

    def _ended(self, event: JobExecutionEvent) -> None:
        self._under_way.discard(event.job_id)
        if not self._under_way:
            self._quiet.set()
