"""Every story of the log is told of the embedded one and of Kafka, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from hub.stream.records import RAW
from tests.hub.log_contract.logs import Embedded, Kafka, Log
from tests.hub.pipeline.conftest import databases, url, world
from tests.hub.stream.brokers import Cluster

__all__ = ["databases", "log", "url", "world"]


@pytest.fixture
def kafka() -> Iterator[Kafka]:
    with closing(Cluster()) as cluster:
        cluster.create(RAW)
        yield Kafka(cluster.url, cluster)


@pytest.fixture(params=["embedded", "kafka"])
def log(request: pytest.FixtureRequest) -> Log:
    return request.getfixturevalue("kafka") if request.param == "kafka" else Embedded()
