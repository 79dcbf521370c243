"""The tables of parcels and returns as pictures; no line of a picture is drawn by hand."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from state_machine import lifecycle, returns
from state_machine.lifecycle import MEANS, Stage
from state_machine.returns import ReturnStage

S = TypeVar("S", bound=StrEnum)


def mermaid_parcels() -> str:
    """Draw how far a parcel can come, one arrow per one-step move, as a Mermaid state diagram."""
    final = [stage for stage in Stage if stage.final]
    arrows = [*_arrows(lifecycle.NEXT, final)]
    arrows += [f"{here} --> {meant} : scanned {scan}" for (here, scan), meant in MEANS.items()]
    return _diagram(arrows)


def mermaid_returns() -> str:
    """Draw how far a return can come, one arrow per one-step move, as a Mermaid state diagram."""
    final = [stage for stage in ReturnStage if not returns.NEXT[stage]]
    return _diagram([*_arrows(returns.NEXT, final)])


def _arrows(steps: Mapping[S, frozenset[S]], final: list[S]) -> Iterator[str]:
    led_to = frozenset[S]().union(*steps.values())
    yield from (f"[*] --> {stage}" for stage in steps if stage not in led_to)
    for here in steps:
        yield from (f"{here} --> {there}" for there in steps if there in steps[here])
    yield from (f"{stage} --> [*]" for stage in final)


def _diagram(arrows: list[str]) -> str:
    return "\n    ".join(["stateDiagram-v2", *arrows]) + "\n"
