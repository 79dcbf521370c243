"""A cluster of brokers for each story, and a hub on each database."""

from collections.abc import Iterator

import pytest

from tests.hub.pipeline.conftest import databases, url, world
from tests.hub.stream.brokers import Cluster

__all__ = ["cluster", "databases", "url", "world"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    opened = Cluster()
    yield opened
    opened.close()
