"""What a store promises, it promises on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.store.migrate import migrate
from hub.store.session import Store
from tests.faults.postgres import new_database


@pytest.fixture
def server(postgresql: str) -> str:
    """A database on a server that nobody else has."""
    return new_database(postgresql, f"store_{uuid4().hex}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("server"))
    return f"sqlite:///{tmp_path}/hub.db"


@pytest.fixture
def either(url: str) -> Iterator[Store]:
    """A migrated database of either kind."""
    opened = Store(url)
    migrate(opened)
    yield opened
    opened.close()
