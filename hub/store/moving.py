"""Moves a hub from one database to another: every row, every id, and the numbers given so far.

What is copied and how far the copying has come are one transaction, so whatever is interrupted goes
on where it was. Afterwards both are read once more, and nothing may differ.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, func, inspect, select, tuple_
from sqlmodel import SQLModel

from hub.store import job
from hub.store.contents import Contents, contents
from hub.store.numbering import go_on_after, last_given
from hub.store.rows import insert_all
from hub.store.session import Store

NAME = "migrate-store"
ROWS = 1000  #: copied in one transaction
ROWS_WITH_BYTES = 100  #: where a row may be as large as a delivery
OURS = "alembic_version"  #: each database has its own


class Unfit(ValueError):
    """The one database cannot be moved, or not into the other; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table in both databases."""

    table: str
    source: Contents
    target: Contents

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return self.source == self.target


def tables(connection: Connection) -> Sequence[Table]:
    """Return every table of the hub. Raises ``Unfit`` where the database has others."""
    known = {one.name: one for one in SQLModel.metadata.sorted_tables}
    found = set(inspect(connection).get_table_names()) - {OURS}
    if found != known.keys():
        odd = ", ".join(sorted(found ^ known.keys()))
        raise Unfit(f"these tables are only in one of the database and this version: {odd}")
    return [known[name] for name in sorted(found)]


def size(connection: Connection) -> int:
    """Return how many rows there are to copy."""
    return sum(_count(connection, one) for one in tables(connection))


def begin(source: Store, target: Store, now: datetime) -> job.Job:
    """Return how far the move has come; 0 rows at the first time. Raises ``Unfit``."""
    if source.read_now(lambda c: job.find(c, NAME)) is not None:
        raise Unfit("the source is itself the target of a move that has not ended: end that first")
    begun = target.read_now(lambda c: job.find(c, NAME))
    origin = source.url.render_as_string(hide_password=True)
    if begun is None:
        if target.read_now(size):
            raise Unfit("the target is not empty: name a database that is")
        begun = job.Job(NAME, now, "", {"from": origin, "rows": 0, "table": "", "last": None})
        target.write_now(lambda c: job.keep(c, begun))
    elif begun.sums["from"] != origin:
        raise Unfit(f"the target holds a part of {begun.sums['from']}: name an empty database")
    return begun


def refuse_unfinished(connection: Connection) -> None:
    """Raise ``Unfit`` where a database holds only a part of another."""
    if job.find(connection, NAME) is not None:
        raise Unfit(
            "the database is the target of a move that has not ended: give the same `tilanne "
            "migrate-store` once more, it goes on where it was; or take an empty database"
        )


def copy(source: Store, target: Store, begun: job.Job) -> Iterator[int]:
    """Copy what is not copied yet; yield how many rows are, after each transaction."""
    sums = begun.sums
    for table in source.read_now(tables):
        if table.name < sums["table"]:
            continue
        if table.name > sums["table"]:
            sums["table"], sums["last"] = table.name, None
        while rows := source.read_now(partial(_page, table=table, last=sums["last"])):
            sums["last"] = _key(table, rows[-1])
            sums["rows"] += len(rows)
            target.write_now(partial(_write, table=table, rows=rows, begun=begun))
            yield sums["rows"]
    target.write_now(partial(_number, numbers=source.read_now(_numbers)))
    yield sums["rows"]


def compare(source: Store, target: Store) -> Iterator[Compared]:
    """Read both databases whole; the last thing that is done before the target is a hub's."""
    for table in source.read_now(tables):
        both = partial(contents, table=table, without=NAME)
        yield Compared(table.name, source.read_now(both), target.read_now(both))


def end(target: Store) -> None:
    """Let the target be a hub's database."""
    target.write_now(lambda c: job.forget(c, NAME))


def _count(connection: Connection, table: Table) -> int:
    return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def _page(connection: Connection, table: Table, last: Sequence[Any] | None) -> list[dict[str, Any]]:
    key = list(table.primary_key.columns)
    bytes_too = any(isinstance(column.type, LargeBinary) for column in table.columns)
    question = select(table).order_by(*key).limit(ROWS_WITH_BYTES if bytes_too else ROWS)
    if last is not None:
        question = question.where(tuple_(*key) > tuple_(*last, types=[one.type for one in key]))
    return [dict(row) for row in connection.execute(question).mappings()]


def _key(table: Table, row: Mapping[str, Any]) -> list[Any]:
    return [row[column.name] for column in table.primary_key.columns]


def _write(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], begun: job.Job
) -> None:
    insert_all(connection, table, rows)
    job.keep(connection, begun)


def _numbers(connection: Connection) -> Mapping[Table, int]:
    return {one: last_given(connection, one) for one in tables(connection)}


def _number(connection: Connection, numbers: Mapping[Table, int]) -> None:
    for table, number in numbers.items():
        go_on_after(connection, table, number)
