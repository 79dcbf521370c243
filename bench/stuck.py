"""How much later a store system hears while a neighbour and the mail server are stuck.

Two hubs with the same settings and the same load, at the same time: of the one all far ends answer;
of the other a second store system and the mail server take everything and never say a word. The
figure is the ratio of the 99th percentiles of the well system, the median of several runs.
"""

import json
import signal
import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bench.bars import Figure, Progress, figure
from bench.door import deliver
from bench.programs import SECRET, Program, Sending, fresh, hub, program
from bench.sizes import Sizes
from bench.telling import all_told, share, waits_of

NAMES = ("others_beside_a_stuck_provider",)
#: until none of these waits, the well system is not told everything
UNTOLD = (
    "SELECT (SELECT count(*) FROM outbox WHERE planned_at IS NULL)"
    " + (SELECT count(*) FROM notice WHERE state IN ('due', 'leased') AND recipient = 'well')"
)
#: of the system and the mail server that are stuck: what is under way, and what waits
LEFT = (
    "SELECT count(*) FROM notice WHERE state IN ('due', 'leased')"
    " AND (channel = 'email' OR recipient = 'other')"
)


def measure(sizes: Sizes, folder: Path, progress: Progress) -> Iterator[Figure]:
    """Yield the figure."""
    told: list[tuple[Told, Told]] = []
    for run in range(1, sizes.runs + 1):
        progress(f"beside stuck providers, run {run} of {sizes.runs}")
        told.append(_at_once(sizes, folder))
    pairs = [(well.waits, beside.waits) for well, beside in told]
    p99 = [(share(well, 0.99), share(beside, 0.99)) for well, beside in pairs]
    yield figure(
        NAMES[0],
        statistics.median(beside / max(well, 0.001) for well, beside in p99),
        sound=all(_sound(*both) for both in told),
        left=[(well.left, beside.left) for well, beside in told],
        facts_per_s=sizes.beside_rate,
        facts_told=[len(well) for well, _ in pairs],
        p99_ms=p99,
        p50_ms=[(share(well, 0.5), share(beside, 0.5)) for well, beside in pairs],
        p99_ms_of_all=[share(sorted(chain(*side)), 0.99) for side in zip(*pairs, strict=True)],
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one hub's facts."""

    waits: list[float]  #: ms, of each fact to the well system, sorted; empty if one is untold
    left: int  #: notices for the others that are not through


def _sound(well: Told, beside: Told) -> bool:
    """Whether both heard of the same, and only the stuck ones were not told."""
    return well.left == 0 < beside.left and len(well.waits) == len(beside.waits) > 0


def _at_once(sizes: Sizes, folder: Path) -> tuple[Told, Told]:
    """Let both hubs work at the same time: what else the machine does befalls both alike."""
    with ExitStack() as stack:
        well = _Hub(stack, folder / "well", "")
        beside = _Hub(stack, folder / "beside", "silent-")
        sending = [one.begin(sizes) for one in (well, beside)]
        for sent in sending:
            sent.result()
        untold = [one.untold(sizes.drain_seconds, UNTOLD) for one in (well, beside)]
        left = well.untold(sizes.drain_seconds, LEFT), beside.untold(0.0, LEFT)
        for one in (well, beside):
            one.up.end(signal.SIGKILL)  # it would wait for the stuck ones
    waits = [[] if late else one.waits() for late, one in zip(untold, (well, beside), strict=True)]
    return Told(waits[0], left[0]), Told(waits[1], left[1])


class _Hub:
    """A hub, and those it tells: in ``kind`` "silent-" two of the three never say a word."""

    def __init__(self, stack: ExitStack, folder: Path, kind: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._database = folder, fresh(folder / "hub.db")
        sorts = {"well": "webhook", "other": f"{kind}webhook", "mail": f"{kind}mail"}
        ends = {
            name: stack.enter_context(
                program(folder, name, "bench.sink", sort, "{port}", str(folder / f"{name}.json"))
            )
            for name, sort in sorts.items()
        }
        for end in ends.values():
            end.wait("")
        self.up = stack.enter_context(hub(folder, self._database, **_settings(ends)))
        self.up.wait()

    def begin(self, sizes: Sizes) -> Sending:
        rate, acks = sizes.beside_rate, str(self._folder / "acks.json")
        self._task = deliver(self.up, int(rate * sizes.beside_seconds), rate=rate, keep=acks)
        return Sending(self._task)

    def untold(self, seconds: float, query: str) -> int:
        return all_told(self._database, seconds, query)

    def waits(self) -> list[float]:
        acks = json.loads((self._folder / "acks.json").read_text())
        return waits_of(self._task, acks, self._folder / "well.json")


def _settings(ends: Mapping[str, Program]) -> dict[str, str]:
    sinks = [
        {"name": name, "url": f"http://127.0.0.1:{ends[name].port}/hook", "secret": SECRET}
        for name in ("well", "other")
    ]
    return {
        "TILANNE_SINKS": json.dumps(sinks),
        "TILANNE_SINK_NETWORKS": json.dumps(["127.0.0.0/8"]),
        "TILANNE_SMTP_URL": f"smtp://127.0.0.1:{ends['mail'].port}",
    }
