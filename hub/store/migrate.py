"""Brings a database to the tables this version of the hub works with."""

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.crashpoints import crashpoint
from hub.store.faults import unavailable
from hub.store.locking import in_turn
from hub.store.session import Store

HERE = Path(__file__).parent / "migrations"


class Standing(StrEnum):
    """How the tables of a database stand to those of this version."""

    CURRENT = "current"
    BEHIND = "behind"
    AHEAD = "ahead"  #: a newer version has been here; it left what this one needs


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def migrate(store: Store, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction; none when all are there.

    Nor when a newer version has been here: what it added does not disturb this one (a table or
    column is taken away only when no version that needs it can still be running).

    ``revision``: Alembic's name of where to stop. Raises ``StoreUnavailable``; a failed
    migration leaves the database as it was.
    """
    try:
        with store.engine.begin() as connection:
            _upgrade(connection, revision)
    except SQLAlchemyError as error:
        raise unavailable("not migrated", error) from error


def _upgrade(connection: Connection, revision: str) -> None:
    in_turn(connection, "migrate")  # hubs that start together do it one after the other
    if standing(connection) is not Standing.AHEAD:
        command.upgrade(_config(connection), revision)
        crashpoint("migrate.before_commit")


def is_current(connection: Connection) -> bool:
    """Whether the database has the tables of this version."""
    return standing(connection) is Standing.CURRENT


def standing(connection: Connection) -> Standing:
    """Compare the tables of the database with those of this version."""
    has = MigrationContext.configure(connection).get_current_revision()
    known = _revisions()
    if has == known[0]:
        return Standing.CURRENT
    return Standing.BEHIND if has is None or has in known else Standing.AHEAD


@cache
def _revisions() -> Sequence[str]:
    """Return the names of all migrations of this version, the newest first."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
