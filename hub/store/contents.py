"""What a table holds, said so that two databases can be compared: how much, and its fingerprint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, Table, select

AT_ONCE = 1000  #: rows read together
MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class Contents:
    """How many rows, and the sum of their hashes: databases sort texts differently."""

    rows: int
    fingerprint: str


def contents(connection: Connection, table: Table, *, without: str = "") -> Contents:
    """Read a whole table. ``without``: the row of the table ``job`` that does not count."""
    question = select(table)
    if table.name == "job":
        question = question.where(table.c.name != without)
    rows = total = 0
    found = connection.execution_options(yield_per=AT_ONCE).execute(question)
    for row in found:
        rows += 1
        total += int.from_bytes(_hash(row))
    return Contents(rows, f"{total % MODULUS:064x}")


def _hash(row: Sequence[Any]) -> bytes:
    return sha256(orjson.dumps([_plain(value) for value in row])).digest()


def _plain(value: Any) -> Any:
    """Say a value as both databases give it: times in UTC, bytes by their own hash."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return sha256(value).hexdigest() if isinstance(value, bytes) else value
