"""A copy of a hub's file as it is at one moment, made while the hub goes on with its orders."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from hub.store.engine import parse


def back_up(url: str, to: Path) -> int:
    """Copy the database behind ``url`` into a new file; return its size in bytes.

    The copy is whole and checked, or it is not there. Raises ``ValueError`` for a database that is
    no file or a copy that does not hold, ``FileExistsError``, ``FileNotFoundError``, ``OSError``.
    """
    parsed = parse(url)
    if parsed.get_backend_name() != "sqlite":
        raise ValueError("a server is backed up by its own tools: pg_dump --format=custom, or PITR")
    database = Path(str(parsed.database))
    if not database.exists():
        raise FileNotFoundError(f"there is no file {database}")
    if to.exists():
        raise FileExistsError(f"{to} is there already: name another")
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        _copy(database, part)
        _check(part)
        _keep(part, to)
    except sqlite3.Error as error:
        raise OSError(f"the copy was not made: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return to.stat().st_size


def _copy(database: Path, part: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(part),))


def _check(part: Path) -> None:
    with closing(sqlite3.connect(part)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        raise ValueError(f"the copy does not hold: {said}; is the disk well?")


def _keep(part: Path, to: Path) -> None:
    """Let the copy have its name once it is on the disk."""
    _flush(part)
    part.rename(to)
    _flush(to.parent)


def _flush(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
