"""The one door to the database: a writer that commits what waits together, and many readers."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.store.alone import AlreadyRunning as AlreadyRunning
from hub.store.alone import claim, join, shared
from hub.store.engine import READERS, file_of, parse, reader, writer
from hub.store.faults import OutcomeUnknown as OutcomeUnknown
from hub.store.faults import StoreUnavailable as StoreUnavailable
from hub.store.faults import unavailable
from hub.store.jobs import Bulk, Job, T, Work
from hub.store.writing import Writer


class Store:
    """A database, opened. ``url`` is ``sqlite:///path`` or ``postgresql://…``."""

    def __init__(self, url: str) -> None:
        """Open the database; the schema is Alembic's business (``store.migrate``)."""
        self.url = parse(url)
        self.dialect = self.url.get_backend_name()
        self.engine = writer(self.url)
        self.file = file_of(self.url)  #: where it lies on this machine; None: a server has it
        self.reader = reader(self.url)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._writer = Writer(self.engine)
        self._let_go: Callable[[], None] = lambda: None

    async def write(self, work: Work[T], then: Callable[[T], None] | None = None) -> T:
        """Run ``work(connection)`` and return its answer once it is durable.

        ``work`` may be run twice (the group it shared failed), so it must have no effect but on the
        connection. ``then`` is called with the answer on the writer's thread, after the commit and
        before any later work begins. Raises what ``work`` raises, or ``StoreUnavailable``.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._writer.submit(Job(done, loop, work=work, then=then))
        return await done

    async def append(self, bulk: Bulk[T], row: Any, linger: float = 0.0) -> T:
        """Write one thing durably; those of one kind that wait together are one call of ``bulk``.

        ``linger``: seconds it may wait for others, if nothing urgent comes meanwhile. Returns what
        ``bulk`` answers for it. Raises ``StoreUnavailable``, also when too many wait already.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._writer.submit(Job(done, loop, bulk=bulk, row=row, linger=linger))
        return await done

    async def read(self, work: Work[T]) -> T:
        """Run ``work(connection)`` on a reading connection and return its answer."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def write_now(self, work: Work[T]) -> T:
        """``write`` for callers without an event loop (commands, tests)."""
        done: Future[Any] = Future()
        self._writer.submit(Job(done, work=work))
        answer: T = done.result()
        return answer

    def read_now(self, work: Work[T]) -> T:
        """``read`` for callers without an event loop. Raises ``StoreUnavailable``."""
        try:
            with self.reader.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise unavailable("not readable", error) from error

    @property
    def commits(self) -> int:
        """How many groups were committed since the start."""
        return self._writer.commits

    @property
    def alive(self) -> bool:
        """Whether work that is handed over will be done; False after ``close`` or a breakdown."""
        return self._writer.alive

    @property
    def shared(self) -> bool:
        """Whether several processes may work on the database at the same time."""
        return shared(self.engine)

    def join(self) -> None:
        """Work on the database as a hub, until ``close``; where it is shared, beside others.

        Raises ``AlreadyRunning``, ``StoreUnavailable``.
        """
        self._let_go = self._claimed(join)

    def hold_alone(self) -> None:
        """Claim the database until ``close``.

        Raises ``AlreadyRunning`` if a hub works on it, ``StoreUnavailable``.
        """
        self._let_go = self._claimed(claim)

    def _claimed(self, way: Callable[[Engine], Callable[[], None]]) -> Callable[[], None]:
        try:
            return way(self.engine)
        except SQLAlchemyError as error:
            raise unavailable("not reachable", error) from error

    def close(self) -> None:
        """Finish the work that waits, then let go of the database; once more does nothing."""
        self._writer.close()
        self._readers.shutdown()
        let_go, self._let_go = self._let_go, lambda: None
        let_go()
        self.engine.dispose()
        self.reader.dispose()
