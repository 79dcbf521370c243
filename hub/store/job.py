"""Long work on many orders: how far it has come, so that it goes on where it was interrupted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select

from hub.store.rows import upsert
from hub.store.tables import JobRow, table

JOB = table(JobRow)


@dataclass(slots=True)
class Job:
    """A long operation; keep it in the transaction of the work it counts."""

    name: str
    begun_at: datetime
    place: str  #: the last thing that is done
    sums: dict[str, Any]


def find(connection: Connection, name: str) -> Job | None:
    """Return how far the operation of this name had come when it was interrupted."""
    row = connection.execute(select(JOB).where(JOB.c.name == name)).one_or_none()
    if row is None:
        return None
    return Job(row.name, row.begun_at, row.place, orjson.loads(row.sums))


def keep(connection: Connection, job: Job) -> None:
    """Write down how far an operation has come."""
    row = {
        "name": job.name,
        "place": job.place,
        "sums": orjson.dumps(job.sums).decode(),
        "begun_at": job.begun_at,
    }
    upsert(connection, JOB, [row], update=("place", "sums"))


def forget(connection: Connection, name: str) -> None:
    """An operation is done, or begins anew."""
    connection.execute(delete(JOB).where(JOB.c.name == name))
