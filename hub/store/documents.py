"""Many rows for PostgreSQL at once: one statement, and all the rows in one JSON document.

Row by row the client describes, sends and awaits each of them; as a document they cost a fifth of
the client's time and about the same of the server's. Rows are dealt with in the order they have.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    CursorResult,
    LargeBinary,
    Table,
    TableValuedAlias,
    Update,
    bindparam,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, psycopg

from hub.store.columns import UtcTime, in_utc

DIALECT = psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]


class Document:
    """An INSERT or UPDATE by rows of one shape."""

    def __init__(self, dml: Insert | Update, table: Table, names: Sequence[str]) -> None:
        """``dml`` reads its rows from ``rows_of(table, names)``."""
        self.sql = str(dml.compile(dialect=DIALECT))
        self._names = names
        self._times = [name for name in names if isinstance(table.c[name].type, UtcTime)]
        self._bytes = [name for name in names if isinstance(table.c[name].type, LargeBinary)]

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it for many rows; return how many were written."""
        return self._executed(connection, rows).rowcount

    def ask(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> Sequence[tuple[Any, ...]]:
        """Execute it for many rows; return what the statement says of those that were written."""
        return [tuple(row) for row in self._executed(connection, rows)]

    def _executed(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> CursorResult[Any]:
        plain = [{name: row[name] for name in self._names} for row in rows]
        for name in self._times:
            for one in plain:
                one[name] = one[name] and in_utc(one[name])
        for name in self._bytes:
            for one in plain:
                one[name] = r"\x" + one[name].hex()  # bytea's own way of being written
        return connection.exec_driver_sql(self.sql, (orjson.dumps(plain).decode(),))


def inserting(insert: Any, table: Table, names: Sequence[str]) -> Any:
    """Let an INSERT take its rows from a document."""
    return insert.from_select([*names], select(rows_of(table, names)), include_defaults=False)


def updating(table: Table, names: Sequence[str], keys: Sequence[str]) -> Update:
    """Make the UPDATE that sets what the rows of a document say where their keys are."""
    rows = rows_of(table, names)
    these = update(table).where(*(table.c[key] == rows.c[key] for key in keys))
    return these.values({name: rows.c[name] for name in names if name not in keys})


def rows_of(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Return the rows of a document as columns of the table's types."""
    columns = [column(name, table.c[name].type) for name in names]
    read = func.json_to_recordset(bindparam("document")).table_valued(*columns)
    return read.render_derived(name="stated", with_types=True)
