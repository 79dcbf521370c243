"""How many notices this process has brought to which end."""

from dataclasses import dataclass
from typing import Any

from hub.store.settling import Settlement
from hub.telemetry import BREACHES, TO_ACCEPTED
from state_machine.objectives import objective


@dataclass
class Counts:
    """What this process has done, for tests and for whoever asks it."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    held: int = 0
    suppressed: int = 0
    fenced: int = 0
    ambiguous: int = 0
    turned: int = 0  #: to another channel


def note_told(row: Any, end: Settlement) -> None:
    """Count whether a notice kept its promise; what waited on purpose was not late."""
    if end.state not in {"sent", "dead"}:
        return
    promised = objective(row.milestone)
    took = end.at - max(row.received_at, row.not_before or row.received_at)
    if end.state == "sent":
        TO_ACCEPTED.labels(row.channel, promised).observe(max(took.total_seconds(), 0.0))
    if end.state == "dead" or took > promised.within:
        BREACHES.labels(row.channel, promised).inc()
