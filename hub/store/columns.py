"""What the hub's tables are made of: ids from outside, times, and indexes of some of the rows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Integer, String, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import DateTime, TypeDecorator, TypeEngine

KEY = 255  #: characters of an id that comes from outside
BIG = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER is a rowid in SQLite


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz in PostgreSQL, sortable text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose text for SQLite, which knows no time type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Refuse naive times; write microseconds always, so that texts compare like times."""
        if value is None:
            return None
        return as_text(value) if dialect.name == "sqlite" else in_utc(value)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Read back what was written."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        assert isinstance(value, datetime)
        return value.astimezone(UTC)


def in_utc(time: datetime) -> datetime:
    """Return a time as all databases keep it; refuse a naive one."""
    if time.tzinfo is None:
        raise ValueError(f"naive time {time} for a UTC column")
    return time.astimezone(UTC)


def as_text(time: datetime) -> str:
    """Write a time as SQLite keeps it."""
    return in_utc(time).isoformat(timespec="microseconds")


def those(where: str) -> dict[str, Any]:
    """Keep an index to some of the rows."""
    return {"sqlite_where": text(where), "postgresql_where": text(where)}


def known(column: str) -> dict[str, Any]:
    """Keep an index to the rows that have something in a column."""
    return those(f"{column} IS NOT NULL")


def unindexed(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a column as no index knows it.

    To say in which state a row must be that is found by its key or its order. The database would
    otherwise look for it among all that are in that state, where it takes those for few: it counts
    seldom, and what was in that state a moment ago stands in the index, too.
    """
    return column.concat("")


def row_number() -> Column[int]:
    """Make the column by which the database numbers its rows."""
    return Column(BIG, primary_key=True, autoincrement=True)


def id_column(*, primary: bool = False, null: bool = False, index: bool = False) -> Column[str]:
    """Make the column of an id that comes from outside."""
    return Column(String(KEY), primary_key=primary, nullable=null and not primary, index=index)


def index_of_some(name: str, column: str) -> Index:
    """Index a column that is empty in nearly all rows; those cost nothing then."""
    return Index(name, column, **known(column))
