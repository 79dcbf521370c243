"""What all tests share: how long Hypothesis searches, and a PostgreSQL server of their own.

``--hypothesis-profile=long`` before a release, else quickly.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from tests.faults.postgres import server

# No deadline per example: a busy machine is not a broken rule.
settings.register_profile("quick", max_examples=100, deadline=None, print_blob=True)
settings.register_profile("long", max_examples=5_000, deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("quick"))  # more lives, tests/model
settings.load_profile("ci" if os.environ.get("CI") else "quick")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of an empty database on a real server; the reason is said if it cannot be had."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.delenv("XDG_RUNTIME_DIR", raising=False)  # put back as it was, at the end
        try:
            url = stack.enter_context(server())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said
            pytest.skip(f"no PostgreSQL here: {type(error).__name__}: {error}")
        yield url
