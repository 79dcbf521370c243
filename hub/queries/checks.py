"""Whether the database can be worked with, and whether what came in is believed in time."""

from hub.clock import Clock
from hub.queries.orders import Queries
from hub.queries.tallies import Waiting
from hub.readiness import Amiss, Check
from hub.store.migrate import Standing, standing

LATE_S = 60.0  #: the promise: from "reached us" to told


def checks(queries: Queries, clock: Clock) -> list[Check]:
    """Return how to look at the database, its tables and what waits in it."""

    async def waiting() -> Waiting | None:
        """Return what waits; None where there are no tables yet to look at."""
        if await queries.read(standing) is Standing.BEHIND:
            return None
        return await queries.backlog()

    async def database() -> str:
        await waiting()
        if not queries.writable:
            raise Amiss("nothing can be written any more", "start this process again")
        return "answers"

    async def migrations() -> str:
        found = await queries.read(standing)
        if found is Standing.BEHIND:
            raise Amiss("its tables are older than this version")
        return found

    async def pipeline() -> str:
        backlog = await waiting() or Waiting(0, None)
        age = backlog.age(clock())
        if age > LATE_S:
            raise Amiss(f"{backlog.size} deliveries wait, the oldest for {age:.0f} s")
        return f"{backlog.size} deliveries wait"

    return [
        Check("database", database, "is it running, reachable, and its disk not full?"),
        Check("migrations", migrations, "start a process of this version: it migrates by itself"),
        Check(
            "pipeline",
            pipeline,
            "is a worker running? its log says what it waits for; nothing is lost",
            vital=False,
        ),
    ]
