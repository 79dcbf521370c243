"""What the audit says of one sum."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, func, select


@dataclass(frozen=True, slots=True)
class Check:
    """One sum, and whether it holds."""

    name: str
    holds: bool
    found: int  #: how many rows break it; the figure itself for the plain counts
    meaning: str


def figure(name: str, found: int, meaning: str) -> Check:
    """Say how many there are; any number is right."""
    return Check(name, holds=True, found=found, meaning=meaning)


def broken(name: str, found: int, meaning: str) -> Check:
    """Say how many there are of what there must be none."""
    return Check(name, holds=found == 0, found=found, meaning=meaning)


def count(connection: Connection, rows: FromClause, *where: Any) -> int:
    """Count the rows of a table for which everything in ``where`` is true."""
    return int(
        connection.execute(select(func.count()).select_from(rows).where(*where)).scalar_one()
    )
