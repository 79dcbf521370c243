"""One crash and what comes after it: tell of orders, die at a place, start again, be judged."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.hub_process import HubProcess
from tests.faults.witness import Witness

BY_MAIL = ("smtp", "narrow", "mailbox")  #: doors by which customers are written to
PATIENCE = 45.0  #: seconds in which everybody has to be answered, and in which work grows less


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What is done; the figures in ``expect`` have to come out exactly."""

    id: str  #: as in the fault matrix
    place: str  #: a crash point of the hub, or a phase of the far end
    death: "Death"  #: how the hub ends
    nth: int = 1
    story: str = "mixed"
    orders: int = 4
    door: str = "smtp"
    sinks: bool = True
    policy: str = "hold"
    cut_off: int = 0  #: at least so many senders must have waited in vain
    forgotten: bool = False
    before: "Death | None" = None
    expect: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        way = f" by {self.door}" if self.door not in BY_MAIL else ""
        return f"{self.place}{way}" + (f" #{self.nth}" if self.nth > 1 else "")


@dataclass(slots=True)
class Scene:
    """Where a drill takes place: a database, a hub, the oracle."""

    drill: Drill
    hub: HubProcess
    witness: Witness
    folder: Path

    @property
    def backend(self) -> str:
        return self.hub.environment["TILANNE_DATABASE_URL"].partition(":")[0]

    def tell(self, story: str, orders: int) -> None:
        self.witness.ask("tell", story=story, orders=orders)

    def come_to_rest(self) -> None:
        """Wait until everybody is answered and everything is told."""
        self.witness.must("answered", seconds=PATIENCE)
        self.witness.must("settled", seconds=PATIENCE)
        if self.drill.door == "feed":
            self.witness.ask("fetch")


#: something that happens in a scene
Death = Callable[[Scene], None]


@dataclass(slots=True)
class Report:
    """What came of it."""

    drill: Drill
    backend: str  #: sqlite or postgresql
    ready: float = 0.0  #: seconds from the start after the crash until it is ready
    rest: float = 0.0  #: seconds from that start until nothing is left to do
    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def fail(self, error: Exception) -> None:
        """Note that it could not be gone through to the end; the end of the text says most."""
        self.wrong.append(" ".join(str(error).split())[-600:])

    def __str__(self) -> str:
        f, drill = self.figures, self.drill
        line = f"{drill.id:4} {drill.name:27} {self.backend:10} {drill.policy:6} {drill.story:11}"
        if "deliveries" in f:
            line += (
                f" ready {self.ready:4.2f} s, at rest {self.rest:5.2f} s"
                f" · {f['deliveries']:3} deliveries, {f['cut_off']:3} cut off"
                f" · letters {f['letters']:2} +{f['second_letters']}, posts {f['posts']:3}"
                f" +{f['second_posts']}, messages {f['messages']} +{f['second_messages']}"
                f" · held {f['held']}"
            )
        return f"{line} · {'; '.join(self.wrong) or 'ok'}"


def rehearse(scene: Scene) -> Report:
    """Go through a drill. Whatever is not as it should be stands in the report."""
    drill, report = scene.drill, Report(scene.drill, scene.backend)
    try:
        if drill.before is not None:
            drill.before(scene)
        drill.death(scene)
        report.ready, report.rest = recover(scene)
        judged(scene, report)
    except (AssertionError, OSError) as error:
        report.fail(error)
        scene.hub.make_sure_it_is_gone()
    return report


def recover(scene: Scene) -> tuple[float, float]:
    """Start again; return the seconds until the hub is ready, and until it is at rest."""
    start = time.monotonic()
    scene.hub.start()
    ready = time.monotonic() - start
    scene.come_to_rest()
    return ready, time.monotonic() - start


def counted(scene: Scene) -> dict[str, float]:
    """Return what the hub itself tells its operator of the unclear ones."""
    metrics = scene.hub.ask("/metrics")[1].decode()
    code, said = scene.hub.run("held", "--json")
    return {
        "held_by_metric": _metric(metrics, "tilanne_notices{", 'state="held"'),
        "held_by_list": len(json.loads(said)["held"]) if code == 0 else -1,
        "ambiguous_by_metric": _metric(metrics, "tilanne_attempts_total{", 'outcome="ambiguous"'),
    }


def _metric(text: str, name: str, label: str) -> float:
    lines = (line for line in text.splitlines() if line.startswith(name) and label in line)
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def judged(scene: Scene, report: Report) -> None:
    """Stop the hub, let it prove its own sums, and hear the oracle."""
    drill, hub = scene.drill, scene.hub
    report.figures |= counted(scene)
    code = hub.stop()
    if code != 0:
        report.wrong.append(f"stopped with {code}")
    code, said = hub.run("audit", "--json")
    if code != 0:
        broken = [one["name"] for one in json.loads(said)["checks"] if not one["holds"]]
        report.wrong.append(f"I2 audit ended with {code}: {broken}")
    report.figures |= scene.witness.ask(
        "judge", policy=drill.policy, sinks=drill.sinks, forgotten=drill.forgotten
    )
    report.wrong += [f"{name}: {those}" for name, those in report.figures["examples"].items()]
    report.wrong += _unexpected(drill, report.figures)


def _unexpected(drill: Drill, figures: Mapping[str, Any]) -> Iterator[str]:
    held = figures["held"]
    expected = {"refused": 0, "held_by_metric": held, "held_by_list": held, **drill.expect}
    if "ambiguous" in expected:  # of one crash; the hub that settled it is the one that was asked
        expected["ambiguous_by_metric"] = expected["ambiguous"]
    for name, value in expected.items():
        if figures[name] != value:
            yield f"{name} is {figures[name]}, should be {value}"
    if figures["cut_off"] < drill.cut_off:
        yield f"only {figures['cut_off']} senders waited in vain"
