"""How many messages somebody may still get today: counted where the message is taken to be sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.tables import table
from hub.store.tables_of_telling import AllowanceRow

ALLOWANCE = table(AllowanceRow)
_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def spend(connection: Connection, channel: str, whom: str, *, most: int, now: datetime) -> bool:
    """Count one message more to somebody today (UTC); False, and not counted, when it is too many.

    Two that count at the same time wait for each other: the row decides.
    """
    row = {"day": now.date().isoformat(), "channel": channel, "whom": whom, "sent": 1}
    insert = _INSERT[connection.dialect.name](ALLOWANCE).values(row)
    counted = insert.on_conflict_do_update(
        index_elements=[ALLOWANCE.c.day, ALLOWANCE.c.channel, ALLOWANCE.c.whom],
        set_={"sent": ALLOWANCE.c.sent + 1},
        where=ALLOWANCE.c.sent < most,
    )
    return connection.scalar(counted.returning(ALLOWANCE.c.sent)) is not None


def forget(connection: Connection, before: datetime) -> None:
    """Forget what was counted on the days before a time."""
    connection.execute(ALLOWANCE.delete().where(ALLOWANCE.c.day < before.date().isoformat()))
