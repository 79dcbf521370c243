"""Every story of the pipeline is told twice: on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.databases import migrated
from tests.hub.pipeline.world import World


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where migrated databases are, by the server's name; they are emptied, not made anew."""
    return {"sqlite": f"sqlite:///{tmp_path_factory.mktemp('pipeline')}/hub.db"}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, databases: dict[str, str]) -> str:
    if request.param == "postgresql":
        databases.setdefault("postgresql", request.getfixturevalue("postgresql"))
    return databases[request.param]


@pytest.fixture
def world(url: str) -> Iterator[World]:
    """An empty hub; after each story the sums must hold."""
    migrated(url)
    opened = World(url)
    opened.clear()
    yield opened
    wrong = opened.sums()
    opened.store.close()

    assert wrong == []
