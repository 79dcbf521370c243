"""A piece of work that waits to be written, and how the one who waits for it gets the answer."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Work = Callable[[Connection], T]
#: writes many things of one kind at once; returns an answer for each, or nothing
Bulk = Callable[[Connection, Sequence[Any]], Sequence[T] | None]


@dataclass(slots=True)
class Job:
    """A piece of work and who waits for its answer."""

    done: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None = None  #: in which the caller waits; None: in a thread
    work: Work[Any] | None = None
    then: Callable[[Any], None] | None = None
    bulk: Bulk[Any] | None = None
    row: Any = None  #: what ``bulk`` is to write
    linger: float = 0.0  #: seconds it may wait for others to be written with

    def taken_up(self) -> bool:
        """Whether somebody still waits; from here on the work can no longer be called off."""
        if isinstance(self.done, Future):
            return self.done.set_running_or_notify_cancel()
        return not self.done.cancelled()


Ended = tuple[Job, Any, Exception | None]  #: with its answer or its error


def thereupon(job: Job, answer: Any) -> Ended:
    """Do what is to be done as soon as the work is durable."""
    try:
        if job.then is not None:
            job.then(answer)
    except Exception as error:  # noqa: BLE001 - it must not stop the writer
        return job, None, error
    return job, answer, None


def tell(ended: Sequence[Ended]) -> None:
    """Tell everyone at once: waking an event loop costs more than what it is told."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Ended]] = defaultdict(list)
    for one in ended:
        if one[0].loop is None:
            _tell([one])
        else:
            by_loop[one[0].loop].append(one)
    for loop, several in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell, several)
        except RuntimeError:  # the loop is closed; nobody waits there any more
            continue


def _tell(ended: Sequence[Ended]) -> None:
    for job, answer, error in ended:
        if job.done.cancelled():
            continue
        if error is not None:
            job.done.set_exception(error)
        else:
            job.done.set_result(answer)
