"""Brings a database to the tables this version of the hub works with."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from hub.crashpoints import crashpoint
from hub.store.session import Store

HERE = Path(__file__).parent / "migrations"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def migrate(store: Store, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction; none when all are there.

    ``revision``: Alembic's name of where to stop. Raises what the database raises; a failed
    migration leaves the database as it was.
    """
    with store.engine.begin() as connection:
        _alone(connection)
        command.upgrade(_config(connection), revision)
        crashpoint("migrate.before_commit")


def _alone(connection: Connection) -> None:
    """Let processes that start together migrate one after the other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('tilanne.migrate'))")


def is_current(connection: Connection) -> bool:
    """Whether the database has the tables of this version."""
    newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest
