"""Looks into the hub's database as a stranger: read only, plain SQL, nothing of the hub's code."""

import sqlite3
from contextlib import closing
from typing import Any

Rows = list[tuple[Any, ...]]

#: what is left to do: raws unread, changes unplanned, notices untold, addresses that came late
UNSETTLED = (
    (
        "SELECT count(*) FROM raw WHERE origin IS NULL"
        " AND id > (SELECT coalesce(max(position), 0) FROM cursor)"
    ),
    "SELECT count(*) FROM outbox WHERE planned_at IS NULL",
    "SELECT count(*) FROM notice WHERE state IN ('due', 'leased')",
    (
        "SELECT count(*) FROM notice n JOIN belief b ON b.order_id = n.order_id JOIN contact c"
        " ON c.id = b.contact_id WHERE n.state = 'suppressed' AND n.channel = 'email'"
        " AND n.reason = 'no e-mail address known' AND c.email IS NOT NULL"
    ),
)


class Database:
    """``sqlite:///path`` or ``postgresql://…``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.sqlite = url.startswith("sqlite:")

    def rows(self, query: str) -> Rows:
        if self.sqlite:
            path = self._url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as one:
                return one.execute(query).fetchall()
        import psycopg

        with psycopg.connect(self._url) as other:
            other.read_only = True
            return other.execute(query.encode()).fetchall()

    def count_anew(self) -> None:
        """Let PostgreSQL count its rows: after a power cut it plans by what it knew long before."""
        if not self.sqlite:
            import psycopg

            with psycopg.connect(self._url, autocommit=True) as other:
                other.execute("ANALYZE")

    def left(self) -> list[int]:
        """Count what is left to be done; a hub that has not made its tables yet has it all left."""
        try:
            return [int(self.rows(query)[0][0]) for query in UNSETTLED]
        except sqlite3.OperationalError:
            return [-1]

    def broken(self) -> list[str]:
        """Return what the database itself finds wrong with its pages, indexes and references."""
        if self.sqlite:
            found = self.rows("PRAGMA integrity_check") + self.rows("PRAGMA foreign_key_check")
            return [str(row) for row in found if row != ("ok",)]
        return [f"{name}: {error}" for name, error in self._torn_indexes()]

    def _torn_indexes(self) -> list[tuple[str, str]]:
        """Let PostgreSQL's amcheck compare every index with its table."""
        import psycopg

        torn = []
        with psycopg.connect(self._url, autocommit=True) as other:
            other.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            names = other.execute(
                "SELECT c.oid::regclass::text FROM pg_index i"
                " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
                " WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace"
            ).fetchall()
            for (name,) in names:
                try:
                    other.execute("SELECT bt_index_check(%s::regclass, true)", (name,))
                except psycopg.Error as error:
                    torn.append((name, str(error)))
        return torn
