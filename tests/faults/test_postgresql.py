"""The same hub on PostgreSQL: killed, started again, and the orders are the same."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.drill import Drill
from tests.faults.hub_process import HubProcess
from tests.faults.points import IN_PART_ON_POSTGRESQL, on_postgresql
from tests.faults.postgres import new_database
from tests.faults.rehearsal import Rehearsal
from tests.faults.witness import Witness


@pytest.fixture
def database(postgresql: str) -> str:
    """A database that nobody else has."""
    return new_database(postgresql, f"hub_{uuid4().hex}")


@pytest.fixture
def witness() -> Iterator[Witness]:
    with Witness() as oracle:
        yield oracle


@pytest.mark.parametrize(
    "drill",
    [drill for drill in on_postgresql() if drill.place in IN_PART_ON_POSTGRESQL],
    ids=lambda drill: f"{drill.name}, {drill.policy}",
)
def test_a_hub_on_postgresql_that_dies_loses_doubles_and_reverses_nothing(
    witness: Witness, tmp_path: Path, database: str, drill: Drill
) -> None:
    rehearsal = Rehearsal(witness, tmp_path, seed=7, say=print)

    assert [] == rehearsal.drill(drill, database).wrong


def test_a_second_hub_on_the_same_postgresql_takes_its_share(tmp_path: Path, database: str) -> None:
    hubs = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        hubs.append(HubProcess(tmp_path / name, TILANNE_DATABASE_URL=database))
        hubs[-1].start()

    assert (1, "another hub already works on") == _alone(hubs[0])
    assert [0, 0] == [hub.stop() for hub in hubs]
    assert (0, "") == _alone(hubs[0])


def _alone(hub: HubProcess) -> tuple[int, str]:
    """What a command is told that wants nobody at work."""
    code, said = hub.run("replay", "--mend")
    words = "another hub already works on"
    return code, words if words in said.replace("\n", " ") else ""
