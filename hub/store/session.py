"""The one door to the database: one writer thread that commits what waits together, many readers.

A durable commit costs one disk flush however much it carries, so the writer takes all the work
that waits, runs it in one transaction and flushes once. Work that fails does not spoil its
neighbours: the group is rolled back and every piece of it is run again alone.
"""

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
Work = Callable[[Connection], T]

GROUP = 512  #: pieces of work one commit may carry
READERS = 4  #: threads that read


class StoreUnavailable(Exception):
    """The database could not make the work durable; nothing of it was kept."""


class AlreadyRunning(Exception):
    """Another hub works on this database; two would tell customers everything twice."""


@dataclass(slots=True)
class _Job:
    work: Work[Any] | None
    table: Table | None = None
    row: Mapping[str, Any] | None = None
    done: Future[Any] = field(default_factory=Future)


class Store:
    """A database, opened. ``url`` is ``sqlite:///path`` or ``postgresql://…``."""

    def __init__(self, url: str) -> None:
        """Open the database; the schema is Alembic's business (``store.migrate``)."""
        self.url = make_url(url)
        if self.url.get_backend_name() == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        elif self.url.get_backend_name() != "sqlite" or not self.url.database:
            raise ValueError(
                f"TILANNE_DATABASE_URL must be sqlite:///path or postgresql://…, not {url!r}"
            )
        self.dialect = self.url.get_backend_name()
        if self.dialect == "sqlite":
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
        self.engine = self._engine(writer=True)
        self.reader = self._engine(writer=False)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._writer = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._writer.start()
        self._lock: int | None = None
        self._lock_connection: Connection | None = None
        self.commits = 0  #: groups committed since the start, for the benchmark

    # --- what callers use ----------------------------------------------------------------------

    async def write(self, work: Work[T]) -> T:
        """Run ``work(connection)`` and return its answer once it is durable.

        ``work`` may be run twice (the group it shared failed), so it must have no effect but on the
        connection. Raises what ``work`` raises, or ``StoreUnavailable``.
        """
        return await asyncio.wrap_future(self._submit(_Job(work)))

    async def append(self, table: Table, row: Mapping[str, Any]) -> None:
        """Insert one row durably; rows that wait together become one statement."""
        await asyncio.wrap_future(self._submit(_Job(None, table, row)))

    async def read(self, work: Work[T]) -> T:
        """Run ``work(connection)`` on a reading connection and return its answer."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def write_now(self, work: Work[T]) -> T:
        """``write`` for callers without an event loop (commands, tests)."""
        answer: T = self._submit(_Job(work)).result()
        return answer

    def read_now(self, work: Work[T]) -> T:
        """``read`` for callers without an event loop."""
        with self.reader.connect() as connection:
            return work(connection)

    def hold_alone(self) -> None:
        """Claim the database until ``close``; raise ``AlreadyRunning`` if another hub has it."""
        if self.dialect == "sqlite":
            lock = os.open(f"{self.url.database}.lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(lock)
                raise AlreadyRunning(
                    f"another hub already works on {self.url.database}; stop it first, or give "
                    "this one its own TILANNE_DATABASE_URL"
                ) from error
            self._lock = lock
            return
        self._lock_connection = self.engine.connect()
        taken = self._lock_connection.exec_driver_sql(
            "SELECT pg_try_advisory_lock(hashtext('tilanne'))"
        ).scalar()
        self._lock_connection.commit()
        if not taken:
            self._lock_connection.close()
            raise AlreadyRunning(
                f"another hub already works on {self.url.host}/{self.url.database}; stop it first, "
                "or give this one its own TILANNE_DATABASE_URL"
            )

    def close(self) -> None:
        """Finish the work that waits, then let go of the database."""
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        if self._lock_connection is not None:
            self._lock_connection.close()
        self.engine.dispose()
        self.reader.dispose()
        if self._lock is not None:
            os.close(self._lock)

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
            self._commit(group)
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
            job.done.set_result(answer)

    def _transact(self, group: Iterable[_Job]) -> list[Any]:
        answers: list[Any] = []
        rows: dict[str, tuple[Table, list[Mapping[str, Any]]]] = {}
        with self.engine.begin() as connection:
            for job in group:
                if job.work is not None:
                    answers.append(job.work(connection))
                    continue
                assert job.table is not None and job.row is not None
                rows.setdefault(job.table.name, (job.table, []))[1].append(job.row)
                answers.append(None)
            for table, waiting in rows.values():
                connection.execute(table.insert(), waiting)
        self.commits += 1
        return answers

    # --- engines -------------------------------------------------------------------------------

    def _engine(self, *, writer: bool) -> Engine:
        if self.dialect == "postgresql":
            return create_engine(self.url, pool_size=2 if writer else READERS, pool_pre_ping=True)
        engine = create_engine(self.url, connect_args={"timeout": 5, "check_same_thread": False})
        # The driver's own transaction control would begin late (on the first change); a writer
        # must hold the lock before it reads, so the hub begins and the driver keeps out of it.
        begin = "BEGIN IMMEDIATE" if writer else "BEGIN"
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _named(error: Exception) -> Exception:
    if isinstance(error, SQLAlchemyError):
        unavailable = StoreUnavailable(f"not durable: {type(error).__name__}: {error}")
        unavailable.__cause__ = error
        return unavailable
    return error


def insert_new(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    returning: Sequence[str] = (),
) -> Sequence[Row[Any]]:
    """Insert the rows that no UNIQUE key knows yet; return the named columns of those.

    A duplicate is a quiet no: the key decides inside the transaction, never a look-up before it.
    """
    if not rows:
        return ()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).on_conflict_do_nothing()
    if not returning:
        connection.execute(statement, rows)
        return ()
    columns = [table.c[name] for name in returning]
    return connection.execute(statement.returning(*columns), rows).all()


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], update: Sequence[str]
) -> None:
    """Insert the rows; where the primary key is taken, set the ``update`` columns instead."""
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in update},
    )
    connection.execute(statement, rows)
