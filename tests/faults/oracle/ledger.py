"""The oracle's log: every delivery before it is sent, every message before it is answered."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults.oracle.clock import now

SCHEMA = """
CREATE TABLE IF NOT EXISTS delivery (n INTEGER PRIMARY KEY, id TEXT, story TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS sending (n INTEGER PRIMARY KEY, delivery INTEGER, began_at REAL, status INTEGER, ended_at REAL);
CREATE TABLE IF NOT EXISTS letter (n INTEGER PRIMARY KEY, at REAL, recipient TEXT, content BLOB);
CREATE TABLE IF NOT EXISTS post (n INTEGER PRIMARY KEY, at REAL, sink TEXT, id TEXT, genuine INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS message (n INTEGER PRIMARY KEY, at REAL, carrier TEXT, whom TEXT, mark TEXT, text TEXT);
"""  # noqa: E501 - a table is a line


class Ledger:
    """One file; a line is on disk when the call returns."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(SCHEMA)

    async def plan(self, story: str, deliveries: Iterable[tuple[str, bytes]]) -> list[int]:
        """Note what is going to be sent of an order, as (id, body); return the lines."""
        return [
            await self._write(
                "INSERT INTO delivery (id, story, body) VALUES (?, ?, ?)", name, story, body
            )
            for name, body in deliveries
        ]

    async def begin(self, delivery: int) -> int:
        return await self._write(
            "INSERT INTO sending (delivery, began_at) VALUES (?, ?)", delivery, now()
        )

    async def end(self, sending: int, status: int) -> None:
        await self._write(
            "UPDATE sending SET status = ?, ended_at = ? WHERE n = ?", status, now(), sending
        )

    async def letter(self, recipient: str, content: bytes) -> None:
        await self._write(
            "INSERT INTO letter (at, recipient, content) VALUES (?, ?, ?)",
            now(),
            recipient,
            content,
        )

    async def post(self, sink: str, name: str, body: bytes, *, genuine: bool) -> None:
        await self._write(
            "INSERT INTO post (at, sink, id, genuine, body) VALUES (?, ?, ?, ?, ?)",
            now(),
            sink,
            name,
            genuine,
            body,
        )

    async def message(self, carrier: str, whom: str, mark: str, text: str) -> int:
        """Note a few words; ``mark``: what whoever shows them knows a repetition by, if at all."""
        return await self._write(
            "INSERT INTO message (at, carrier, whom, mark, text) VALUES (?, ?, ?, ?, ?)",
            now(),
            carrier,
            whom,
            mark,
            text,
        )

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        self._connection.close()

    async def _write(self, statement: str, *values: Any) -> int:
        return int(self._connection.execute(statement, values).lastrowid or 0)
