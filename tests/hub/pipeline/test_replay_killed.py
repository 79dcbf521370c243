"""kill -9 amid a replay: begun again it ends as if nothing had happened, on both databases."""

import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from hub.crashpoints import arm
from hub.pipeline.rebuild import mend, prove
from hub.pipeline.replay import Selection, replay
from state_machine.events import Event, OrderKey
from tests.builders import MONDAY, a_parcel, an_order, at, scan
from tests.hub.pipeline.speech import misread, says
from tests.hub.pipeline.world import BELIEF, OUTBOX, TIMELINE, World

ROOT = Path(__file__).parents[3]
ORDERS = 600
WORK = {
    "raws": lambda world: replay(world.store, world.translator, Selection(), MONDAY, notify=False),
    "proof": lambda world: prove(world.store, MONDAY),
    "mending": lambda world: mend(world.store, MONDAY, notify=False),
}


def live(url: str, work: str, place: str) -> None:
    """What the other process does: it works, and is killed where it passes a place again."""
    passed = 0

    def die(name: str) -> None:
        nonlocal passed
        passed += name == place
        if passed == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    world = World(url)
    world.speech.wiser = True
    arm(die)
    list(WORK[work](world))


def killed(url: str, work: str, place: str) -> None:
    call = f"live({url!r}, {work!r}, {place!r})"
    script = f"from tests.hub.pipeline.test_replay_killed import live; {call}"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert ran.returncode == -signal.SIGKILL


def fill(world: World) -> None:
    """So many orders, each with a scan that was misread, some with a belief that is astray."""
    world.clear()
    told = [
        (placed, named, misread(wrong, right))
        for placed, named, wrong, right in (
            [of(f"{n:04}", fact) for fact in STORY] for n in range(ORDERS)
        )
    ]
    world.deliver(*[says(*told[n], *told[n + 1]) for n in range(0, ORDERS, 2)])
    world.work()
    spoilt = "UPDATE belief SET status = 'lost' WHERE external_id LIKE '%7'"
    world.store.write_now(lambda c: c.exec_driver_sql(spoilt.replace("%", "%%")))
    world.speech.wiser = True


STORY = (
    at(0, an_order(mug=1), id="placed"),
    at(1, a_parcel("f1", "JJ1", mug=1), id="named"),
    at(2, scan("f1", "delivered"), id="locker"),
    at(2, scan("f1", "ready_for_pickup"), id="locker"),
)


def of(order: str, fact: Event) -> Event:
    what = a_parcel("f1", f"JJ{order}", mug=1) if fact.id == "named" else fact.what
    return replace(fact, about=OrderKey("kauppa", order), what=what)


def ended(world: World, work: str) -> tuple[Any, ...]:
    """Let the work end, and return all that came of it but the numbers the database gives."""
    sums = [*WORK[work](world)][-1]
    numbered = {"id", "raw_id", "outbox_id"}
    rows = [
        [
            {name: cell for name, cell in row.items() if name not in numbered}
            for row in world.rows(table)
        ]
        for table in (BELIEF, TIMELINE, OUTBOX)
    ]
    return asdict(sums), sorted(rows[0], key=str), rows[1], sorted(rows[2], key=str)


@pytest.mark.slow
@pytest.mark.parametrize("work", WORK)
def test_what_was_killed_goes_on_and_ends_as_in_one_go(world: World, url: str, work: str) -> None:
    fill(world)
    at_once = ended(world, work)
    fill(world)
    for place in ("replay.page", "store.committed"):  # within a page, and right after one
        killed(url, work, place)

    again = ended(world, work)
    same = again == at_once  # pytest would show both whole
    assert same
    sums, beliefs = at_once[0], at_once[1]
    assert sums["orders"] == len(beliefs) == ORDERS
    if work == "raws":
        assert (sums["facts_reworded"], sums["facts_taken_off"]) == (ORDERS, 0)
        assert {row["status"] for row in beliefs} == {"ready_for_pickup"}
    world.clear()
