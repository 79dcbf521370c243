"""Proves the sums: every delivery has one outcome, every belief is the fold of its facts.

What is asked stands beside this file: ``deliveries``, ``waiting``, ``orders``, ``notices``. All is
asked in one transaction of a reading connection, so that a hub may go on working meanwhile.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from hub.queries.audit import deliveries, notices, orders, waiting
from hub.queries.audit.check import Check
from hub.queries.audit.deliveries import Source, sources

__all__ = ["Check", "Source", "audit", "sources"]


def audit(
    connection: Connection, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Check]:
    """Check the promises that the database itself can prove.

    ``progress`` is called with (orders folded, orders in all). Changes nothing.
    """
    return [
        *deliveries.checks(connection),
        *waiting.checks(connection),
        *orders.checks(connection, progress),
        *notices.checks(connection),
    ]
