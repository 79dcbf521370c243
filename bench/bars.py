"""The figures of design.md by name: their unit, the floor that must hold and the goal beyond it."""

from collections.abc import Callable
from dataclasses import dataclass

Figure = dict[str, object]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure is held to; without a floor there is nothing that must hold."""

    unit: str
    floor: float | None = None
    goal: float | None = None
    less: bool = False  #: smaller is better

    def reached(self, value: float, bar: float | None) -> bool | None:
        """Whether a value is as good as a bar."""
        if bar is None:
            return None
        return value <= bar if self.less else value >= bar


BARS = {
    "pipeline_vs_bare": Bar("ratio", 0.30, 0.60),
    "pipeline_facts_per_s": Bar("facts/s"),
    "bare_facts_per_s": Bar("facts/s"),
    "statements_per_fact": Bar("statements", 0.2, 0.1, less=True),
    "pipeline_vs_bare_empty": Bar("ratio"),
    "pipeline_vs_naive": Bar("ratio", 10, 50),
    "idle_rss_mb": Bar("MB", 200, 120, less=True),
    "door_ack_p99_ms_1000": Bar("ms", 25, 10, less=True),
    "door_ack_p99_ms": Bar("ms", 25, 10, less=True),
    "door_ack_p99_ms_5000": Bar("ms", None, 10, less=True),
    "fact_to_attempt_p99_ms": Bar("ms", 100, 50, less=True),
    "fact_to_attempt_p99_ms_1000": Bar("ms", 1000, 500, less=True),
    "others_beside_a_stuck_provider": Bar("ratio", 1.1, 1.0, less=True),
    "told_in_time": Bar("share", 1.0, 1.0),
    "snapshot_vs_bare": Bar("ratio", 0.5, 0.8),
    "recovery_s": Bar("s", 5, 2, less=True),
    "faust_facts_per_s": Bar("facts/s", 5_000, 10_000),
    "faust_vs_bare": Bar("ratio"),  # half of it does instead of the floor above
    "faust_two_workers": Bar("ratio"),
    "faust_drain_100000_s": Bar("s", less=True),
    "growth_1e6_vs_1e4": Bar("ratio", 1.5, 1.1, less=True),
}


def figure(
    name: str, value: float, *, sound: bool = True, instead: bool = False, **detail: object
) -> Figure:
    """Make a figure.

    ``sound``: whether all that was asked for was really done; a value that was measured while
    something else went wrong holds nothing. ``instead``: whether something else was reached that
    does as well as the floor. ``detail``: what one needs to know to read the value.
    """
    bar = BARS[name]
    holds, goal = bar.reached(value, bar.floor), bar.reached(value, bar.goal)
    return {
        "name": name,
        "value": round(float(value), 3),
        "unit": bar.unit,
        "floor": bar.floor,
        "goal": bar.goal,
        "holds": None if holds is None else (holds or instead) and sound,
        "goal_reached": None if goal is None else goal and sound,
        **({"detail": detail} if detail else {}),
    }
