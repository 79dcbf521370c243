"""What all tests share: how long Hypothesis searches, and a PostgreSQL server of their own.

``--hypothesis-profile=long`` before a release, else quickly.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

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


# --- how many steps of orders' lives were gone (tests/model) is said at the end ----------------

STEPS: Counter[str] = Counter()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count what this process has gone; who is one of several reports it."""
    if (machine := sys.modules.get("tests.model.machine")) is not None:
        STEPS.update(machine.STEPS)
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["steps"] = dict(STEPS)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Add what one of several has gone."""
    STEPS.update(getattr(node, "workeroutput", {}).get("steps", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it."""
    for database, steps in STEPS.items():
        terminalreporter.write_line(f"any life an order may have: {steps} steps on {database}")
