"""kill -9 amid a transaction: nothing is lost, nothing is half done, nothing is done twice."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.builders import a_parcel, an_order, scan, story
from tests.databases import migrated
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World

ROOT = Path(__file__).parents[3]
STORY = (an_order(mug=1), a_parcel("f1", "JJ1", mug=1), scan("JJ1", "delivered"))
FACTS = story(*STORY)
#: where the process dies: with the marks made, with the facts, with the belief, at the very end
PLACES = ("AFTER INSERT ON inbox", "AFTER INSERT ON timeline", "AFTER INSERT ON belief")
PLACES += ("AFTER INSERT ON outbox",)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def live(url: str) -> None:
    """What the other process does: work on what waits, with a trigger in its way."""
    world = World(url)

    def arm(connection: sqlite3.Connection, _record: object) -> None:
        connection.create_function("die", 0, die)

    event.listen(world.store.engine, "connect", arm)
    world.store.engine.dispose()
    world.work()


@pytest.mark.parametrize("place", PLACES)
def test_a_process_that_dies_while_it_applies_loses_nothing(tmp_path: Path, place: str) -> None:
    url = migrated(f"sqlite:///{tmp_path}/hub.db")
    world = World(url)
    world.deliver(*[says(fact) for fact in FACTS])
    sql = f"CREATE TRIGGER death {place} BEGIN SELECT die(); END"
    world.store.write_now(lambda c: c.exec_driver_sql(sql))
    script = f"from tests.hub.pipeline.test_crash import live; live({url!r})"
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert world.outcomes() == world.timeline() == world.told() == []
    world.store.write_now(lambda c: c.exec_driver_sql("DROP TRIGGER death"))
    assert world.hears() == ["applied"] * 3
    assert world.believes([*FACTS])
    assert world.sums() == []
    world.store.close()


def test_what_a_failed_transaction_had_at_hand_is_forgotten(tmp_path: Path) -> None:
    url = migrated(f"sqlite:///{tmp_path}/hub.db")
    world = World(url)
    world.hears(says(FACTS[0]))
    sql = "CREATE TRIGGER no BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END"
    world.store.write_now(lambda c: c.exec_driver_sql(sql))
    assert world.hears(says(FACTS[1], FACTS[2])) == ["applied", "quarantined"]
    world.store.write_now(lambda c: c.exec_driver_sql("DROP TRIGGER no"))
    world.hears(says(FACTS[1]))

    assert world.believes([*FACTS[:2]])
    assert world.sums() == []
    world.store.close()
