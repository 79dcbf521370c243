"""The small world of the notices, opened and closed for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.notify.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path)
    yield opened
    opened.store.close()
