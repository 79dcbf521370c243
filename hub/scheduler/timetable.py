"""All that the hub does by the clock, on one screen."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from hub.clock import Clock
from hub.config import Settings
from hub.scheduler.expiry import expire_parked
from hub.scheduler.promises import watch_promises
from hub.scheduler.retention import forget_raws
from hub.store import duties
from hub.store.session import Store, StoreUnavailable

Job = Callable[[], Awaitable[object]]

_log = structlog.get_logger()


class Leader(Protocol):
    """Knows which of several schedulers ticks."""

    async def leads(self) -> bool:
        """Whether it is this one."""

    async def resign(self) -> None:
        """Let it be another one."""


def timetable(
    store: Store,
    settings: Settings,
    clock: Clock,
    *,
    arrived: Callable[[], None],
    recheck: Callable[[], Awaitable[object]],
    leader: Leader,
) -> AsyncIOScheduler:
    """Build the ticker; the caller starts it and shuts it down.

    In: ``arrived`` says that a raw is in the log; ``recheck`` looks again at what is parked;
    ``leader`` knows which of several schedulers it is that ticks. APScheduler only ticks.
    A job that is late runs once, not as often as it was missed, and never beside itself; what a job
    does is harmless to repeat.
    """

    async def promises() -> object:
        return await watch_promises(store, clock, arrived)

    async def retention() -> object:
        return await forget_raws(store, clock(), settings.raw_days)

    async def expiry() -> object:
        return await expire_parked(store, clock(), settings.parked_days)

    ticker = AsyncIOScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    jobs: tuple[tuple[str, Job, dict[str, int]], ...] = (
        ("promises", promises, {"seconds": 30}),
        ("recheck", recheck, {"minutes": 10}),
        ("expiry", expiry, {"hours": 1}),
        ("retention", retention, {"hours": 6}),
    )
    for name, job, every in jobs:
        calm = _calm(job, leader, _once(store, clock, name, timedelta(**every)))
        ticker.add_job(calm, "interval", id=name, next_run_time=clock(), **every)
    return ticker


def _once(store: Store, clock: Clock, name: str, every: timedelta) -> Callable[[], Awaitable[bool]]:
    """Ask whether a tick is ours: of all that fall into one interval, one is worked on.

    Who dies after that leaves the work to the next tick; a job looks at how things are, not at
    which tick it is.
    """

    async def ours() -> bool:
        now = clock()
        until = now + every * 0.9  # the next tick of the same ticker is never too early
        return not store.shared or await store.write(
            lambda c: duties.claim(c, f"tick: {name}", now=now, until=until)
        )

    return ours


def _calm(
    job: Job, leader: Leader, once: Callable[[], Awaitable[bool]]
) -> Callable[[], Awaitable[None]]:
    """Let a job wait for its next turn when another scheduler does it, or the database is away."""

    async def run() -> None:
        if not await leader.leads():
            return
        try:
            if await once():
                await job()
        except StoreUnavailable as error:
            _log.warning("timetable.waits", error=type(error).__name__)
            await leader.resign()  # another one may still reach it

    return run
