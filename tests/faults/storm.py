"""Kills at random moments under load: a hub that lives for a second or two, again and again."""

import random
import time
from collections.abc import Callable
from statistics import quantiles

from tests.faults.drill import Report, Scene, judged, recover

LIFE = (0.3, 3.0)  #: seconds from a start to its kill
#: new orders per second; eight are some 40 deliveries, 25 letters and 60 posts
ORDERS = {"sqlite": 8.0, "postgresql": 4.0}


def storm(scene: Scene, *, kills: int, seed: int, progress: Callable[[str], None]) -> Report:
    """Kill the hub that often. ``seed`` decides when, and what is told."""
    report = Report(scene.drill, scene.backend)
    try:
        ready = _weather(scene, kills=kills, seed=seed, progress=progress)
        report.ready = quantiles(ready, n=20)[-1] if len(ready) > 1 else sum(ready)
        report.rest = recover(scene)[1]
        judged(scene, report)
    except (AssertionError, OSError) as error:
        report.fail(error)
        scene.hub.make_sure_it_is_gone()
    return report


def _weather(
    scene: Scene, *, kills: int, seed: int, progress: Callable[[str], None]
) -> list[float]:
    """Return the seconds that each hub needed to be ready, of those that lived to be."""
    dice, ready = random.Random(seed), []
    scene.witness.ask("load", orders_per_second=ORDERS[scene.backend])
    for number in range(1, kills + 1):
        born, life = time.monotonic(), dice.uniform(*LIFE)
        scene.hub.launch()
        if scene.hub.is_ready_within(life):
            ready.append(time.monotonic() - born)
        scene.hub.stays_alive(born + life - time.monotonic())
        scene.hub.kill()
        if number % 20 == 0 or number == kills:
            progress(f"  {number} of {kills} kills")
    scene.witness.ask("enough")
    return ready
