"""Rows into tables: each kind of row has its statement made once, and many rows go in at once.

What is written for every fact has to be cheap, so statements are compiled once per table and
dialect. SQLite's driver is given plain tuples, PostgreSQL's a document (``hub.store.documents``).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import documents
from hub.store.columns import UtcTime, as_text
from hub.store.documents import Document

Row = Mapping[str, Any]
#: adds to an INSERT, SQLite's or PostgreSQL's, what happens to rows whose key is taken
Finish = Callable[[Any], Any]

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_DIALECT = {"sqlite": sqlite.dialect(), "postgresql": documents.DIALECT}


class Statement:
    """An INSERT or UPDATE by rows of one shape, compiled for one dialect."""

    def __init__(self, dml: Any, table: Table, names: Sequence[str], dialect: str) -> None:
        """``names``: the columns that are set."""
        compiled = dml.compile(dialect=_DIALECT[dialect], column_keys=list(names))
        self.sql = str(compiled)
        self._columns = [
            (name, dialect == "sqlite" and isinstance(table.c[name].type, UtcTime))
            for name in compiled.positiontup
        ]

    def execute(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Execute it for many rows; return how many were written."""
        columns = (
            [_as_text(row[name]) for row in rows] if time else [row[name] for row in rows]
            for name, time in self._columns
        )
        values = list(zip(*columns, strict=True))
        return connection.exec_driver_sql(self.sql, values).rowcount


@lru_cache(maxsize=4096)  # the rows of one raw share its time of arrival
def _as_text(time: datetime | None) -> str | None:
    return None if time is None else as_text(time)


@cache
def _insert(
    table: Table, names: tuple[str, ...], finish: Finish, dialect: str
) -> Statement | Document:
    # What one statement writes it cannot write again: of two rows with one key each has its turn.
    once = finish in {_or_nothing, _plainly}
    if dialect == "postgresql" and once:
        return _document(table, names, finish)
    return Statement(finish(_INSERT[dialect](table).inline()), table, names, dialect)


@cache
def _document(
    table: Table, names: tuple[str, ...], finish: Finish, returning: tuple[str, ...] = ()
) -> Document:
    insert = finish(documents.inserting(postgresql.insert(table).inline(), table, names))
    asked = [table.c[name] for name in returning]
    return Document(insert.returning(*asked) if asked else insert, table, names)


@cache
def _update(
    table: Table, names: tuple[str, ...], keys: tuple[str, ...], dialect: str
) -> Statement | Document:
    if dialect == "postgresql":
        return Document(documents.updating(table, names, keys), table, names)
    dml = update(table).where(*(table.c[key] == bindparam(key) for key in keys))
    return Statement(dml, table, [name for name in names if name not in keys], dialect)


def count_new(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert the rows that no UNIQUE key knows yet; return how many those were."""
    if not rows:
        return 0
    statement = _insert(table, tuple(rows[0]), _or_nothing, connection.dialect.name)
    return statement.execute(connection, rows)


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Row], returning: Sequence[str] = ()
) -> Sequence[tuple[Any, ...]]:
    """Insert the rows that no UNIQUE key knows yet; return the named columns of those.

    A duplicate is a quiet no: the key decides inside the transaction, never a look-up before it.
    """
    if not rows or not returning:
        count_new(connection, table, rows)
        return ()
    if not set(returning) <= rows[0].keys():
        return _insert_asking(connection, table, rows, returning)
    # Mostly all rows are new, and then who they are is known without asking the database for it.
    connection.exec_driver_sql("SAVEPOINT all_new")
    if count_new(connection, table, rows) == len(rows):
        connection.exec_driver_sql("RELEASE SAVEPOINT all_new")
        return list(zip(*([row[name] for row in rows] for name in returning), strict=True))
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT all_new")
    return _insert_asking(connection, table, rows, returning)


def _insert_asking(
    connection: Connection, table: Table, rows: Sequence[Row], returning: Sequence[str]
) -> Sequence[tuple[Any, ...]]:
    if connection.dialect.name == "postgresql":
        asking = _document(table, tuple(rows[0]), _or_nothing, tuple(returning))
        return asking.ask(connection, rows)
    insert = _or_nothing(sqlite.insert(table))
    columns = [table.c[name] for name in returning]
    found = connection.execute(insert.returning(*columns), rows)
    return [tuple(row) for row in found]


def _or_nothing(insert: Any) -> Any:
    return insert.on_conflict_do_nothing()


def insert_all(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows; a key that is taken is an error of the database."""
    insert_or(connection, table, rows, _plainly)


def _plainly(insert: Any) -> Any:
    return insert


def upsert(
    connection: Connection, table: Table, rows: Sequence[Row], update: Sequence[str]
) -> None:
    """Insert the rows; where the primary key is taken, set the ``update`` columns instead."""
    insert_or(connection, table, rows, _setting(tuple(update)))


def update_each(connection: Connection, table: Table, rows: Sequence[Row], *keys: str) -> int:
    """Set what each row says in the row that has its ``keys``; return how many there were.

    An index is touched when a column of it is set, be it to what it was: name only what changes.
    """
    if not rows:
        return 0
    statement = _update(table, tuple(rows[0]), keys, connection.dialect.name)
    return statement.execute(connection, rows)


def insert_or(connection: Connection, table: Table, rows: Sequence[Row], finish: Finish) -> None:
    """Insert the rows; ``finish`` says what happens where a key is taken.

    ``finish`` has to be a function of its module: the statement is made once for it.
    """
    if rows:
        statement = _insert(table, tuple(rows[0]), finish, connection.dialect.name)
        statement.execute(connection, rows)


@cache
def _setting(update: tuple[str, ...]) -> Finish:
    def finish(insert: Any) -> Any:
        return insert.on_conflict_do_update(
            index_elements=list(insert.table.primary_key.columns),
            set_={name: insert.excluded[name] for name in update},
        )

    return finish
