"""The benchmarks run and say what they measured; how fast it was is never asserted."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import streaming
from bench.bars import BARS, figure
from bench.day import LIFE, deliveries, moment
from bench.figures import NAMES, figures
from bench.sizes import QUICK
from bench.soak import LINES, slope, soak

FIELDS = {"name", "value", "unit", "floor", "goal", "holds", "goal_reached"}


@pytest.mark.slow
def test_every_figure_is_measured_and_says_whether_its_floor_holds(tmp_path: Path) -> None:
    said: list[str] = []
    wanted = [name for name in NAMES if name not in streaming.NAMES]  # make test-cluster
    found = list(figures(QUICK, tmp_path, said.append, wanted))

    assert wanted == [figure["name"] for figure in found]
    for one in found:
        assert one.keys() - {"detail"} == FIELDS
        assert isinstance(one["value"], float)
        assert one["value"] > 0
        assert (one["holds"] is None) == (one["floor"] is None)
    assert any("run 1 of 1" in line for line in said)


def test_every_figure_has_a_bar() -> None:
    assert set(BARS) == set(NAMES)


def test_what_was_not_really_done_holds_nothing_however_good_the_value() -> None:
    assert figure("door_ack_p99_ms", 1.0)["holds"] is True
    assert figure("door_ack_p99_ms", 1.0, sound=False)["holds"] is False
    assert figure("door_ack_p99_ms", 26.0)["holds"] is False
    assert figure("pipeline_vs_bare", 0.31)["holds"] is True
    assert figure("pipeline_vs_bare", 0.29)["holds"] is False


def test_a_figure_nobody_knows_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such figure: speed; there are pipeline_vs_bare"):
        list(figures(QUICK, tmp_path, print, ["speed"]))


def test_the_day_of_the_benchmarks_is_the_same_every_time() -> None:
    assert list(deliveries(200)) == list(deliveries(200))
    assert list(deliveries(200)) != list(deliveries(200, first=1000))


def test_no_order_has_two_facts_of_one_moment() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    assert len(LIFE) == len({moment(7, step, start) for step in range(len(LIFE))})


@pytest.mark.slow
def test_a_soak_looks_at_everything_that_may_grow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soak(2.0, 20, tmp_path, every=0.2)

    said = capsys.readouterr().out
    assert [f"soak_{name}" for name in LINES if f'"soak_{name}"' not in said] == []
    assert '"refused":{}' in said


def test_the_slope_of_a_line_is_told_per_minute() -> None:
    assert slope([(0.0, 1.0), (30.0, 2.0), (60.0, 3.0)]) == pytest.approx(2.0)
    assert slope([(0.0, 1.0)]) == 0.0
