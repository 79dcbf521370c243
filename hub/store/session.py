"""The one door to the database: one writer thread that commits what waits together, many readers.

A durable commit costs one disk flush however much it carries, so the writer takes all the work
that waits, runs it in one transaction and flushes once. Work that fails does not spoil its
neighbours: the group is rolled back and every piece of it is run again alone.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.store.alone import AlreadyRunning as AlreadyRunning
from hub.store.alone import claim
from hub.store.engine import READERS, parse, reader, writer

T = TypeVar("T")
Work = Callable[[Connection], T]
Row = Mapping[str, Any]
Bulk = Callable[[Connection, Sequence[Row]], None]  #: writes many rows of one kind

GROUP = 512  #: pieces of work one commit may carry


class StoreUnavailable(Exception):
    """The database could not be read, or not make work durable; nothing of it was kept."""


@dataclass(slots=True)
class _Job:
    work: Work[Any] | None
    bulk: Bulk | None = None
    row: Row | None = None
    then: Callable[[Any], None] | None = None
    done: Future[Any] = field(default_factory=Future)


class Store:
    """A database, opened. ``url`` is ``sqlite:///path`` or ``postgresql://…``."""

    def __init__(self, url: str) -> None:
        """Open the database; the schema is Alembic's business (``store.migrate``)."""
        self.url = parse(url)
        self.dialect = self.url.get_backend_name()
        self.engine = writer(self.url)
        self.reader = reader(self.url)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._writer = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._writer.start()
        self._let_go: Callable[[], None] = lambda: None
        self.commits = 0  #: groups committed since the start

    # --- what callers use ----------------------------------------------------------------------

    async def write(self, work: Work[T], then: Callable[[T], None] | None = None) -> T:
        """Run ``work(connection)`` and return its answer once it is durable.

        ``work`` may be run twice (the group it shared failed), so it must have no effect but on the
        connection. ``then`` is called with the answer on the writer's thread, after the commit and
        before any later work begins. Raises what ``work`` raises, or ``StoreUnavailable``.
        """
        return await asyncio.wrap_future(self._submit(_Job(work, then=then)))

    async def append(self, bulk: Bulk, row: Row) -> None:
        """Write one row durably; rows of one kind that wait together are one call of ``bulk``."""
        await asyncio.wrap_future(self._submit(_Job(None, bulk, row)))

    async def read(self, work: Work[T]) -> T:
        """Run ``work(connection)`` on a reading connection and return its answer."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def write_now(self, work: Work[T]) -> T:
        """``write`` for callers without an event loop (commands, tests)."""
        answer: T = self._submit(_Job(work)).result()
        return answer

    def read_now(self, work: Work[T]) -> T:
        """``read`` for callers without an event loop. Raises ``StoreUnavailable``."""
        try:
            with self.reader.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise _unavailable("not readable", error) from error

    def hold_alone(self) -> None:
        """Claim the database until ``close``; raise ``AlreadyRunning`` if another hub has it."""
        self._let_go = claim(self.engine)

    def close(self) -> None:
        """Finish the work that waits, then let go of the database."""
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._let_go()
        self.engine.dispose()
        self.reader.dispose()

    # --- the writer thread ---------------------------------------------------------------------

    def _submit(self, job: _Job) -> Future[Any]:
        if not self._writer.is_alive():
            raise StoreUnavailable("the store is closed")
        self._jobs.put(job)
        return job.done

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            stop = False
            while len(group) < GROUP and not stop:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    stop = True
                else:
                    group.append(job)
            # Whoever asked may have gone away. From here on their work can no longer be called off.
            self._commit([job for job in group if job.done.set_running_or_notify_cancel()])
            if stop:
                return

    def _commit(self, group: list[_Job]) -> None:
        try:
            answers = self._transact(group)
        except Exception as error:  # noqa: BLE001 - every failure belongs to a caller
            if len(group) == 1:
                group[0].done.set_exception(_named(error))
                return
            for job in group:
                self._commit([job])
            return
        for job, answer in zip(group, answers, strict=True):
            try:
                if job.then is not None:
                    job.then(answer)
            except Exception as error:  # noqa: BLE001 - it must not stop the writer
                job.done.set_exception(error)
            else:
                job.done.set_result(answer)

    def _transact(self, group: Iterable[_Job]) -> list[Any]:
        answers: list[Any] = []
        rows: dict[Bulk, list[Row]] = {}
        with self.engine.begin() as connection:
            for job in group:
                if job.work is not None:
                    answers.append(job.work(connection))
                    continue
                assert job.bulk is not None and job.row is not None
                rows.setdefault(job.bulk, []).append(job.row)
                answers.append(None)
            for bulk, waiting in rows.items():
                bulk(connection, waiting)
        self.commits += 1
        return answers


def _named(error: Exception) -> Exception:
    return _unavailable("not durable", error) if isinstance(error, SQLAlchemyError) else error


def _unavailable(what: str, error: SQLAlchemyError) -> StoreUnavailable:
    # The first line names the fault; what comes after it may quote what was to be written.
    fault = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
    unavailable = StoreUnavailable(f"{what}: {fault}")
    unavailable.__cause__ = error
    return unavailable
