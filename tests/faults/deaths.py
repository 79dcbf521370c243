"""How a hub ends while it is told of orders: at a place of its own, or by another's hand."""

import itertools
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.faults.beginnings import told
from tests.faults.drill import Death, Scene
from tests.faults.hub_process import kill_process, spawn

CROWD = 100  #: more senders must wait than will be cut off: some are answered before
STOP = 25.0  #: seconds a hub may take to stop: those of its open requests and those of its sends


def at_place(scene: Scene) -> None:
    """The hub kills itself where the drill says."""
    scene.tell(scene.drill.story, scene.drill.orders)
    scene.hub.launch(scene.drill.place, scene.drill.nth)
    _killed(scene)


def in_a_crowd(scene: Scene) -> None:
    """The same, while very many wait: somebody else writes until they are all there."""
    drill, hub = scene.drill, scene.hub
    hub.launch(drill.place, drill.nth)
    hub.wait_until_ready()
    with closing(sqlite3.connect(scene.folder / "hub.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        scene.tell(drill.story, drill.orders)
        scene.witness.must("crowd", size=drill.cut_off + CROWD)
        other.execute("ROLLBACK")
    _killed(scene)


def at_far_end(scene: Scene) -> None:
    """The mail server or the partner kills the hub in the phase that the drill names."""
    scene.hub.launch()  # it is told of nothing, and tells nobody, before it is there
    scene.witness.ask("trap", phase=scene.drill.place, pid=scene.hub.pid)
    scene.tell(scene.drill.story, scene.drill.orders)
    _killed(scene)


def at_a_receipt(scene: Scene) -> None:
    """A provider reports, and the hub dies while it hears; the provider reports again."""
    told(scene)
    scene.hub.launch(scene.drill.place, scene.drill.nth)
    scene.hub.wait_until_ready()
    scene.witness.ask("report")
    _killed(scene)


def stopped_while_stuck(scene: Scene) -> None:
    """An operator stops the hub while nobody answers what it sends, and more is waiting."""
    scene.witness.ask("stick")
    scene.tell(scene.drill.story, scene.drill.orders)
    scene.hub.start()
    scene.witness.must("answered", seconds=30)
    scene.witness.must("under_way")
    began = time.monotonic()
    code = scene.hub.stop()
    took = time.monotonic() - began
    scene.witness.ask("let_go")
    assert (code, took < STOP) == (0, True), f"stopped with {code} after {took:.1f} s"


def in_a_command(*words: str) -> Death:
    """A command that goes through all orders dies in the middle, and is given again."""

    def die(scene: Scene) -> None:
        drill, hub = scene.drill, scene.hub
        told(scene)
        code, said = hub.run(*words, place=drill.place, nth=drill.nth)
        assert code == -9, f"{words} ended with {code}, not by SIGKILL: {said}"
        code, said = hub.run(*words)
        assert code == 0, f"given again, {words} ended with {code}: {said}"

    return die


def beside_checkpoints(scene: Scene) -> None:
    """Whoever moves the log of writes into the database dies in it, many times; then the hub."""
    dice, path = random.Random(scene.drill.nth), scene.folder / "hub.db"
    scene.hub.start()
    scene.tell(scene.drill.story, scene.drill.orders)
    for _ in range(15):
        mover = spawn(checkpoint_forever, path)
        mover.join(dice.uniform(0.02, 0.1))
        assert mover.exitcode is None, f"the checkpoints ended with {mover.exitcode}"
        kill_process(mover)
    scene.hub.kill()


def checkpoint_forever(path: Path) -> None:
    """Move the write-ahead log into the database, over and over."""
    database = sqlite3.connect(path, isolation_level=None, timeout=5)
    for _ in itertools.count():
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _killed(scene: Scene) -> None:
    code = scene.hub.ends_by_itself()
    assert code == -9, f"the hub ended with {code}, not by SIGKILL: {scene.hub.log.read_text()}"
