"""A source that delivers too often waits; when nobody can tell, the door is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.live.limits import Buckets, Limits
from hub.live.limits_over_redis import SharedBuckets
from hub.live.shared import Shared
from hub.telemetry import REGISTRY
from tests.hub.intake.conftest import Counted, Door, app_with
from tests.hub.serving import assert_problem, serving, stored


def nowhere() -> Limits:
    """Buckets in a Redis that is not there."""
    return SharedBuckets(Shared("redis://127.0.0.1:1", "pace"))


@contextmanager
def paced(folder: Path, limits: Limits, rate: float) -> Iterator[Door]:
    with stored(folder) as store:
        rang = Counted(store, [])
        with serving(app_with(store, rang, limits, door_rate=rate), store) as served:
            yield Door(served, rang)


def test_a_source_that_delivers_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with paced(tmp_path, Buckets(lambda: 0.0), 0.2) as door:
        replies = [door.deliver(b"%d" % number) for number in range(3)]

        assert [202, 202, 429] == [reply.status for reply in replies]
        assert_problem(replies[2], 429, "too-often")
        assert "5" == replies[2].headers["retry-after"]
        assert [1, 2] == door.rang.rows
        assert 202 == door.deliver(b"4", path="/in/acme?source=other").status


def test_only_what_is_authentic_counts(tmp_path: Path) -> None:
    with paced(tmp_path, Buckets(lambda: 0.0), 0.1) as door:
        strangers = {door.deliver(b"x", signature="no").status for _ in range(5)}

        assert ({401}, 202) == (strangers, door.deliver(b"1").status)


def test_when_nobody_can_tell_everything_is_taken_and_that_is_counted(tmp_path: Path) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("tilanne_raws_unlimited_total") or 0.0

    before = counted()
    with paced(tmp_path, nowhere(), 0.1) as door:
        assert {202} == {door.deliver(b"%d" % number).status for number in range(5)}
    assert counted() == before + 5


def test_without_a_setting_there_is_no_limit(tmp_path: Path) -> None:
    with paced(tmp_path, nowhere(), 0.0) as door:
        assert {202} == {door.deliver(b"%d" % number).status for number in range(50)}
