"""The numbers a table gives its rows: which was the last, and from where to go on.

A number is given once, also when its row is gone: the log's reader would pass by a second raw of
the same number, and a notice's id is on the letters.
"""

from sqlalchemy import Connection, Table, func, inspect, select, text

_LAST_VALUE = text(
    "SELECT last_value FROM pg_sequences"
    " WHERE schemaname = current_schema() AND sequencename = :name"
)
_SEQ = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
_FORGET = text("DELETE FROM sqlite_sequence WHERE name = :name")
_SET = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")


def last_given(connection: Connection, table: Table) -> int:
    """Return the highest number the table gave; 0 when it gives none or has not begun."""
    column = table.autoincrement_column
    if column is None:
        return 0
    highest = connection.scalar(select(func.max(column)))
    return max(int(highest or 0), _counted(connection, table))


def _counted(connection: Connection, table: Table) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(_LAST_VALUE, {"name": _sequence(table)}) or 0)
    if not inspect(connection).has_table("sqlite_sequence"):
        return 0
    return int(connection.scalar(_SEQ, {"name": table.name}) or 0)


def go_on_after(connection: Connection, table: Table, number: int) -> None:
    """Let the next row have a higher number than this one, and than every row there is."""
    if table.autoincrement_column is None or not number:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.setval(_sequence(table), number)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.execute(_FORGET, {"name": table.name})
        connection.execute(_SET, {"name": table.name, "seq": number})


def _sequence(table: Table) -> str:
    assert table.autoincrement_column is not None
    return f"{table.name}_{table.autoincrement_column.name}_seq"
