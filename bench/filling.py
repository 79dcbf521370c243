"""Fills a hub's database with as many settled orders as wanted, by copying a few real ones in SQL.

The few are made by the hub itself: taken in, believed, told. Each copy of them gets numbers of its
own everywhere the first ones have theirs: in keys, in the JSON of facts, beliefs and changes, in
tracking numbers and addresses. Where a key is a hash, so is the copy's: it falls anywhere in its
index. Copied is what a hub keeps for good; raws, which it forgets after a month, are not.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from bench.bars import Progress
from bench.day import body
from bench.engine import append, drain, settle, tell
from bench.programs import fresh
from hub.store.migrate import migrate
from hub.store.session import Store

ORIGINALS = 250  #: orders the hub itself settles
LIFE = (0, 4, 7)  #: what the hub hears of each: placed, packed into a parcel, delivered
FIRST = 9_000_000  #: number of the first original; all numbers have seven digits
COPIES = 1_000_000  #: number of the first copy
TABLES = ("inbox", "timeline", "belief", "parcel", "contact", "outbox", "notice", "attempt")
COUNTED = {"id", "raw_id", "outbox_id", "notice_id"}  #: numbers given by the hub
HASHED = {"delivery_key", "body_sha256"}
PERSONS = {("belief", "contact_id"), ("notice", "recipient"), ("contact", "id")}
#: how a row says which order it belongs to; others belong to none
ORDER = {"contact": "customer"} | dict.fromkeys(
    ("timeline", "belief", "parcel", "outbox", "notice"), "substr(order_id, 7)"
)


def filled(path: Path, orders: int, progress: Progress) -> Path:
    """Make the database of a hub that holds so many settled orders; progress is told in words."""
    template = path.with_name("originals.db")
    if not template.exists():
        _originals(fresh(template))
    fresh(path)
    _empty(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("person", 2, _person, deterministic=True)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1048576"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("ATTACH ? AS original", (str(template),))
    begun = said = perf_counter()
    for copy in _copies(connection, -(-orders // ORIGINALS)):
        if perf_counter() - said > 10:
            said, done = perf_counter(), copy * ORIGINALS
            progress(f"{done:,} of {orders:,} orders, {done / (said - begun):,.0f} a second")
    connection.execute("DETACH original")
    connection.close()
    settle(path)
    return path


def _copies(connection: sqlite3.Connection, copies: int) -> Iterator[int]:
    statements = [_statement(connection, table) for table in TABLES]
    (step,) = connection.execute(
        "SELECT max(top) FROM (SELECT max(id) AS top FROM original.raw"
        " UNION SELECT max(id) FROM original.outbox UNION SELECT max(id) FROM original.notice)"
    ).fetchone()
    for copy in range(copies):
        values = {
            "shift": COPIES + copy * ORIGINALS - FIRST,
            "ids": copy * step,
            "copy": copy,
        }
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement, values)
        connection.execute("COMMIT")
        yield copy + 1
    last = copies * step
    connection.execute("INSERT INTO cursor VALUES ('pipeline', ?)", (last,))
    connection.execute("INSERT INTO sqlite_sequence VALUES ('raw', ?)", (last,))


def _statement(connection: sqlite3.Connection, table: str) -> str:
    """Make the INSERT that copies all rows of a table once."""
    columns = connection.execute(f"PRAGMA original.table_info({table})").fetchall()
    names = ", ".join(row[1] for row in columns)
    values = ", ".join(_value(table, row[1], row[2]) for row in columns)
    return f"INSERT INTO main.{table} ({names}) SELECT {values} FROM original.{table}"


def _value(table: str, column: str, kind: str) -> str:
    if column in COUNTED and (table, column) not in PERSONS:
        return f"{column} + :ids"
    if column in HASHED:
        return "lower(hex(randomblob(32)))"
    if (table, column) in PERSONS:
        return f"person({column}, :copy)"
    if table in ORDER and kind.startswith(("TEXT", "VARCHAR")):
        return f"replace({column}, {ORDER[table]}, {ORDER[table]} + :shift)"
    return column


def _person(name: str | None, copy: int) -> str | None:
    """Return the id that a copy of a person has; another one's name stays."""
    if name is None or not name.startswith("c_"):
        return name
    return "c_" + sha256(f"{copy}{name}".encode()).hexdigest()[:24]


def _empty(path: Path) -> None:
    store = Store(f"sqlite:///{path}")
    migrate(store)
    store.close()


def _originals(path: Path) -> None:
    store = Store(f"sqlite:///{path}")
    migrate(store)
    append(store, [body(FIRST + order, step) for step in LIFE for order in range(ORIGINALS)])
    asyncio.run(_settled(store))
    store.close()
    settle(path)


async def _settled(store: Store) -> None:
    await drain(store)
    await tell(store)
