"""One server for the tests that only speak over it."""

from collections.abc import Iterator

import pytest

from tests.hub.live.engines import Server, server


@pytest.fixture(scope="session")
def valkey() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture(params=["in-process", "redis"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the two ends of a bus meet; None: in one process."""
    if request.param == "in-process":
        return None
    found: Server = request.getfixturevalue("valkey")
    return found.url
