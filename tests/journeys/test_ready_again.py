"""Every role says that its database is away, by name, and is ready by itself when it is back."""

import json

from sqlalchemy import create_engine, text

from tests.faults.hub_process import wait_for
from tests.journeys.parts import Parts
from tests.journeys.test_roles import ROLES


def test_every_role_names_a_database_that_is_away_and_works_again_when_it_is_back(
    parts: Parts, postgresql: str
) -> None:
    processes = [parts.start(role) for role in ROLES]
    name = parts.engine.url.database
    server = create_engine(parts.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(end), {"name": name})
        for one in processes:
            status, body = one.ask("/health/ready")
            assert (503, "database: ") == (status, json.loads(body)["detail"][:10])
            assert "reachable" in json.loads(body)["remedy"]
            assert (200, b"ok\n") == one.ask("/health/live")
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    server.dispose()
    for one in processes:
        wait_for(lambda one=one: one.ask("/health/ready")[0] == 200, f"{one.role} to be ready")

    assert [0] * len(ROLES) == [one.stop() for one in processes]
