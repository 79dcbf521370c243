"""Whoever follows orders through several processes has a PostgreSQL database of his own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.postgres import new_database
from tests.journeys.parts import Parts


@pytest.fixture
def parts(postgresql: str, tmp_path: Path) -> Iterator[Parts]:
    with ExitStack() as stack:
        yield Parts(stack, tmp_path, new_database(postgresql, f"roles_{uuid4().hex}"))
