"""From an empty database to the tables of this version, and nothing left over."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from hub.store.migrate import is_current, migrate
from hub.store.session import Store


def test_the_migrations_make_the_tables_that_the_code_declares(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    migrate(store)

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert is_current(connection)
    store.close()


def test_migrating_twice_is_migrating_once(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    migrate(store)
    migrate(store)

    assert store.read_now(is_current)
    store.close()


def test_a_database_nobody_migrated_is_not_current(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")

    assert not store.read_now(is_current)
    store.close()


def test_the_migrated_log_never_gives_a_number_twice(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    migrate(store)

    made = store.read_now(
        lambda c: c.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'raw'").scalar()
    )

    assert "AUTOINCREMENT" in str(made)
    store.close()
