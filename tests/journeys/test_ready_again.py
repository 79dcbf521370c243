"""Every role says that its database is away, by name, and is ready by itself when it is back."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

from tests.faults.hub_process import wait_for
from tests.journeys.parts import Parts
from tests.journeys.test_roles import ROLES

IN_TIME_S = 20.0  #: what docs/operating.md tells to give a process that is asked to stop


def test_every_role_ends_in_time_though_its_database_is_away(parts: Parts) -> None:
    processes = [parts.start(role) for role in ROLES]
    with away(parts):
        for one in processes:
            os.kill(one.pid, signal.SIGTERM)
        before = time.monotonic()
        codes = [one.ends_by_itself() for one in processes]

        assert [0] * len(ROLES) == codes
        assert IN_TIME_S > time.monotonic() - before


@contextmanager
def away(parts: Parts) -> Iterator[None]:
    """Nobody gets to the database as long as this is open."""
    name = parts.engine.url.database
    parts.engine.dispose()
    server = create_engine(parts.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(end), {"name": name})
        yield
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    server.dispose()


def test_every_role_names_a_database_that_is_away_and_works_again_when_it_is_back(
    parts: Parts,
) -> None:
    processes = [parts.start(role) for role in ROLES]
    with away(parts):
        for one in processes:
            status, body = one.ask("/health/ready")
            assert (503, "database: ") == (status, json.loads(body)["detail"][:10])
            assert "reachable" in json.loads(body)["remedy"]
            assert (200, b"ok\n") == one.ask("/health/live")
    for one in processes:
        wait_for(lambda one=one: one.ask("/health/ready")[0] == 200, f"{one.role} to be ready")

    assert [0] * len(ROLES) == [one.stop() for one in processes]
