"""Any life an order may have, step by step, against a model that keeps its own books."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import create_engine, make_url
from sqlmodel import SQLModel

from hub.store.session import Store
from tests.databases import migrated
from tests.model.machine import STEPS
from tests.model.rules_inside import AnyLife

#: per profile: lives on SQLite, lives on PostgreSQL, steps there must be in all
LIVES = {"quick": (12, 2, 500), "ci": (220, 10, 10_000), "long": (2_000, 200, 90_000)}
MEMORY = Path("/dev/shm")  # commits wait for the disk, and nobody cuts the power here


@pytest.fixture(scope="module")
def lives() -> tuple[int, int, int]:
    return LIVES.get(settings.get_current_profile_name(), LIVES["quick"])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder in memory, where there is one."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


def live(name: str, empty: Callable[[], str], lives: int) -> None:
    """Live so many lives, each in an empty database."""

    class Life(AnyLife):
        kind, database = name, staticmethod(empty)

    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=lives,
            stateful_step_count=50,
            suppress_health_check=slow,
            report_multiple_bugs=False,
        ),
    )


def test_any_life_on_sqlite(folder: Path, lives: tuple[int, int, int]) -> None:
    migrated(f"sqlite:///{folder}/first.db")

    def empty() -> str:
        for left in folder.glob("hub.db*"):
            left.unlink()
        shutil.copy(folder / "first.db", folder / "hub.db")
        return f"sqlite:///{folder}/hub.db"

    live("SQLite", empty, lives[0])

    assert STEPS["SQLite"] >= lives[2]


def test_any_life_on_postgresql(postgresql: str, lives: tuple[int, int, int]) -> None:
    server = make_url(postgresql).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE any_life")
    engine.dispose()
    url = make_url(postgresql).set(database="any_life").render_as_string(hide_password=False)
    migrated(url)
    tables = ", ".join(table.name for table in SQLModel.metadata.sorted_tables)

    def empty() -> str:
        store = Store(url)
        store.write_now(lambda c: c.exec_driver_sql(f"TRUNCATE {tables}") and None)
        store.close()
        return url

    live("PostgreSQL", empty, lives[1])
