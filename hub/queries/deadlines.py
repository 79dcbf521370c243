"""Of which orders has time made something true? The scheduler asks; the fold answers."""

from datetime import datetime

from sqlalchemy import Connection, select

from hub.store import timeline
from hub.store.tables import BeliefRow, table
from state_machine.events import Event
from state_machine.fold import fold
from state_machine.promises import overdue

BELIEF = table(BeliefRow)


def due_facts(connection: Connection, now: datetime, limit: int) -> list[Event]:
    """Return the facts that the passing of time has made true by ``now``.

    ``limit``: how many orders to look at, those due longest first.
    """
    orders = list(
        connection.execute(
            select(BELIEF.c.order_id)
            .where(BELIEF.c.due_at <= now)
            .order_by(BELIEF.c.due_at)
            .limit(limit)
        ).scalars()
    )
    facts = timeline.load(connection, orders)
    return [event for order in orders for event in overdue(fold(facts[order]).order, now)]
