"""A hub that dies at a place of an order's way and is started again: some places of many.

All of them: ``make test-faults``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.deaths import at_far_end
from tests.faults.drill import Drill
from tests.faults.hub_process import ROOT, HubProcess
from tests.faults.points import ALL, ANYWHERE
from tests.faults.rehearsal import Rehearsal
from tests.faults.witness import Witness
from tests.hub.stream.test_dying import PLACES as BY_TOPIC

QUICK = (
    "C3 pipeline.belief", "C4 intake.durable #3", "C5 pipeline.committed", "C9 notify.leasing",
    "C11 smtp.dot", "C12 http.request", "C11 http.request", "C12 receipts.hearing",
    "C13 log.appended", "C17 recovery.attempt #3",
)  # fmt: skip
PLACE = re.compile(r'crashpoint\("([a-z_.]+)"\)')


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    with Witness() as oracle:
        yield oracle


@pytest.fixture
def rehearsal(witness: Witness, tmp_path: Path) -> Rehearsal:
    return Rehearsal(witness, tmp_path, seed=7, say=print)


@pytest.mark.parametrize(
    "drill",
    [drill for drill in ALL if f"{drill.id} {drill.name}".startswith(QUICK)],
    ids=lambda drill: f"{drill.name}, {drill.policy}",
)
def test_a_hub_that_dies_there_loses_doubles_and_reverses_nothing(
    rehearsal: Rehearsal, drill: Drill
) -> None:
    assert [] == rehearsal.drill(drill).wrong


def test_a_hub_that_is_killed_at_random_moments_loses_nothing_it_answered(
    rehearsal: Rehearsal,
) -> None:
    assert [] == rehearsal.storm(ANYWHERE, kills=3).wrong


def test_every_place_of_the_hub_is_died_at() -> None:
    placed = {
        name for path in (ROOT / "hub").rglob("*.py") for name in PLACE.findall(path.read_text())
    }
    elsewhere = {drill.place for drill in ALL if drill.death is at_far_end}

    died_at = {drill.place for drill in ALL} - elsewhere - {"SIGTERM", "checkpoint"}
    assert placed == died_at | {*BY_TOPIC}


def test_a_second_hub_on_the_same_database_refuses_to_start(tmp_path: Path) -> None:
    first = HubProcess(tmp_path)
    first.start()
    second = HubProcess(tmp_path)
    with pytest.raises(AssertionError, match="another hub already works on"):
        second.start()
    assert 0 == first.stop()


def test_a_stopped_hub_leaves_with_code_zero(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path)
    hub.start()

    assert 0 == hub.stop()
