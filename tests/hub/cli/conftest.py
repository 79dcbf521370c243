"""Whoever types here has a hub with an empty database, in a file of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.hub.cli.typing_in import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    url = migrated(f"sqlite:///{tmp_path}/hub.db")
    made = Desk(url)
    yield made
    made.world.store.close()
