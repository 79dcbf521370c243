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
from sqlalchemy.exc import DBAPIError

from hub.crashpoints import crashpoint
from hub.store.faults import OutcomeUnknown, StoreUnavailable, gave_way, named, out_of_reach
from hub.store.jobs import Bulk, Ended, Job, tell, thereupon

GROUP = 512  #: pieces of work one commit may carry
ROOM = 4096  #: rows that may wait to be written; more would only be memory that grows
#: Seconds before a group that had to give way is run again: longer each time, and no two alike.
AGAIN = (0.0, 0.02, 0.1, 0.5, 1.0)


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
        self._urgent = threading.Event()  #: something waits that is not to wait for others
        self._connection: Connection | None = None  #: the thread's own
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Let a piece of work wait. Raises ``StoreUnavailable`` when there is no room for a row."""
        if job.bulk is not None and self._jobs.qsize() >= ROOM:
            raise StoreUnavailable(f"{ROOM} rows wait to be written already")
        self._jobs.put(job)
        if not job.linger:
            self._urgent.set()
        if not self.alive:
            self._refuse()

    def close(self) -> None:
        """Finish the work that waits."""
        self._jobs.put(None)
        self._urgent.set()
        self._thread.join()

    # --- on the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._hang_up()
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
        if first.linger:
            self._urgent.wait(first.linger)
        self._urgent.clear()
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
            return [(group[0], None, named(error))]
        ended: list[Ended] = []
        for number, job in enumerate(group):
            ended += self._commit([job])
            if isinstance(cause := ended[-1][2], StoreUnavailable) and out_of_reach(cause):
                return ended + [(other, None, cause) for other in group[number + 1 :]]
        return ended

    def _insist(self, group: Sequence[Job]) -> list[Any]:
        """Run a group, and run it again as long as it has to give way to what others write.

        A line that had broken while nobody looked (the server was restarted) is one more reason.
        """
        for wait in AGAIN:
            try:
                return self._transact(group)
            except DBAPIError as error:
                if not gave_way(error) and not error.connection_invalidated:
                    raise
            self.gave_way += 1
            self._pause.wait(wait * random.uniform(0.5, 1.0))
        return self._transact(group)

    def _transact(self, group: Sequence[Job]) -> list[Any]:
        committing = False
        try:
            connection = self._connected()
            with connection.begin():
                answers = _work(connection, group)
                crashpoint("store.before_commit")
                committing = True
        except BaseException as error:
            self._hang_up()  # whatever it was in the middle of is undone
            if committing and isinstance(error, DBAPIError) and error.connection_invalidated:
                raise OutcomeUnknown("nobody can tell whether it is durable") from error
            raise
        crashpoint("store.committed")
        self.commits += 1
        return answers

    def _connected(self) -> Connection:
        """Return the one connection that is written by: to take another each time costs more."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


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
