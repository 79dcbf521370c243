"""The benchmarks run and say what they measured; how fast it was is never asserted."""

from pathlib import Path

from bench.day import deliveries
from bench.figures import figures

NAMES = {
    "pipeline_vs_bare",
    "pipeline_facts_per_s",
    "bare_facts_per_s",
    "statements_per_fact",
    "pipeline_vs_bare_empty",
}


def test_every_figure_is_measured_and_says_whether_its_floor_holds(tmp_path: Path) -> None:
    said: list[str] = []
    found = list(figures(facts=96, runs=1, orders=4, folder=tmp_path, progress=said.append))

    assert {str(figure["name"]) for figure in found} == NAMES
    for figure in found:
        value, floor = figure["value"], figure["floor"]
        assert isinstance(value, float)
        assert value > 0
        assert (figure["holds"] is None) == (floor is None)
    assert any("run 1 of 1" in line for line in said)


def test_the_day_of_the_benchmarks_is_the_same_every_time() -> None:
    assert list(deliveries(200)) == list(deliveries(200))
