"""How many steps of orders' lives were gone is said at the end."""

import pytest

from tests.model.machine import STEPS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for database, steps in STEPS.items():
        terminalreporter.write_line(f"any life an order may have: {steps} steps on {database}")
