"""How Alembic reaches the hub's tables: on the connection it is handed, never on one of its own."""

from alembic import context
from sqlmodel import SQLModel

from hub.crashpoints import crashpoint
from hub.store import (  # noqa: F401 - they declare the tables
    tables,
    tables_of_customers,
    tables_of_duties,
    tables_of_notices,
    tables_of_streams,
    tables_of_telling,
)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    on_version_apply=lambda **_: crashpoint("migrate.step"),
)
with context.begin_transaction():
    context.run_migrations()
