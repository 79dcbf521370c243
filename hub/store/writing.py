"""The one thread that writes: it takes all the work that waits, commits it at once, then answers.

A durable commit costs one disk flush however much it carries, so what waits together is flushed
together: first the deliveries, which somebody outside waits for, then the pieces of work. Work that
fails does not spoil its neighbours: the group is rolled back and every piece of it is run alone.
Where others write too, a group may have to give way to theirs; then it is run again.
"""

import queue
import random
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from hub.crashpoints import crashpoint
from hub.store.jobs import Bulk, Ended, Job, tell, thereupon

GROUP = 512  #: pieces of work one commit may carry
ROOM = 4096  #: rows that may wait to be written; more would only be memory that grows
#: Seconds before a group that had to give way is run again: longer each time, and no two alike.
AGAIN = (0.0, 0.02, 0.1, 0.5, 1.0)
GAVE_WAY = frozenset({"40001", "40P01"})  #: not serializable, deadlock


class StoreUnavailable(Exception):
    """The database could not be read, or not make work durable; nothing of it was kept."""


class OutcomeUnknown(StoreUnavailable):
    """The line broke while the database was asked to keep the work: nobody can say if it has.

    Whoever repeats it must find out from the database; all that the hub writes bears repeating.
    """


class Writer:
    """The thread and what waits for it."""

    def __init__(self, engine: Engine) -> None:
        """Begin to write into the database behind ``engine``."""
        self._engine = engine
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-write", daemon=True)
        self.alive = True  #: whether work that is submitted will be done
        self.commits = 0  #: groups committed since the start
        self.gave_way = 0  #: how often one of them had to be run again
        self._pause = threading.Event()  #: never set
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Let a piece of work wait. Raises ``StoreUnavailable`` when there is no room for a row."""
        if job.bulk is not None and self._jobs.qsize() >= ROOM:
            raise StoreUnavailable(f"{ROOM} rows wait to be written already")
        self._jobs.put(job)
        if not self.alive:
            self._refuse()

    def close(self) -> None:
        """Finish the work that waits."""
        self._jobs.put(None)
        self._thread.join()

    # --- on the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self.alive = False
            self._refuse()

    def _refuse(self) -> None:
        """Answer all that waits and that nobody will do any more."""
        with suppress(queue.Empty):
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    tell([(job, None, StoreUnavailable("the store is closed"))])

    def _work(self) -> None:
        while (first := self._jobs.get()) is not None:
            group, stop = self._with_waiting(first)
            group = [job for job in group if job.taken_up()]
            for part in ([j for j in group if j.bulk], [j for j in group if not j.bulk]):
                if part:
                    tell(self._commit(part))
            if stop:
                return

    def _with_waiting(self, first: Job) -> tuple[list[Job], bool]:
        """Return a piece of work with all that waits behind it, and whether that is the end."""
        group = [first]
        while len(group) < GROUP:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
        return group, False

    def _commit(self, group: list[Job]) -> list[Ended]:
        try:
            answers = self._insist(group)
        except OutcomeUnknown as unknown:  # run again, it might be there twice
            return [(job, None, unknown) for job in group]
        except Exception as error:  # noqa: BLE001 - every failure belongs to a caller
            return self._one_by_one(group, error)
        except BaseException:  # the thread ends; whoever waits must not wait for ever
            tell([(job, None, StoreUnavailable("the writer has stopped")) for job in group])
            raise
        return [thereupon(job, answer) for job, answer in zip(group, answers, strict=True)]

    def _one_by_one(self, group: list[Job], error: Exception) -> list[Ended]:
        """Find out whose failure it was; a database that is out of reach fails all that waits."""
        if len(group) == 1:
            return [(group[0], None, _named(error))]
        ended: list[Ended] = []
        for number, job in enumerate(group):
            ended += self._commit([job])
            if isinstance(cause := ended[-1][2], StoreUnavailable) and _out_of_reach(cause):
                return ended + [(other, None, cause) for other in group[number + 1 :]]
        return ended

    def _insist(self, group: Sequence[Job]) -> list[Any]:
        """Run a group, and run it again as long as it has to give way to what others write."""
        for wait in AGAIN:
            try:
                return self._transact(group)
            except DBAPIError as error:
                if not _gave_way(error):
                    raise
            self.gave_way += 1
            self._pause.wait(wait * random.uniform(0.5, 1.0))
        return self._transact(group)

    def _transact(self, group: Sequence[Job]) -> list[Any]:
        committing = False
        try:
            with self._engine.begin() as connection:
                answers = _work(connection, group)
                crashpoint("store.before_commit")
                committing = True
        except DBAPIError as error:
            if committing and error.connection_invalidated:
                raise OutcomeUnknown("nobody can tell whether it is durable") from error
            raise
        crashpoint("store.committed")
        self.commits += 1
        return answers


def _work(connection: Connection, group: Sequence[Job]) -> list[Any]:
    answers: list[Any] = [job.work(connection) if job.work else None for job in group]
    alike: dict[Bulk[Any], list[int]] = defaultdict(list)
    for number, job in enumerate(group):
        if job.bulk is not None:
            alike[job.bulk].append(number)
    for bulk, numbers in alike.items():
        answered = bulk(connection, [group[number].row for number in numbers])
        for number, answer in zip(numbers, answered or (), strict=False):
            answers[number] = answer
    return answers


def _gave_way(error: DBAPIError) -> bool:
    """Whether the database undid the work only because somebody else's was in its way."""
    return getattr(error.orig, "sqlstate", None) in GAVE_WAY


def _named(error: Exception) -> Exception:
    return unavailable("not durable", error) if isinstance(error, SQLAlchemyError) else error


def unavailable(what: str, error: SQLAlchemyError) -> StoreUnavailable:
    """Return the error for callers: it names the fault, never what was to be written."""
    # The first line names the fault; what comes after it may quote what was to be written.
    fault = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
    told = StoreUnavailable(f"{what}: {fault}")
    told.__cause__ = error
    return told


def _out_of_reach(error: StoreUnavailable) -> bool:
    """Whether the database is to blame (locked, full, gone) and not what was to be written."""
    if isinstance(error, OutcomeUnknown):
        return True
    return isinstance(error.__cause__, OperationalError) and not _gave_way(error.__cause__)
