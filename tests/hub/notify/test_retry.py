"""When a notice is tried again: never in the past, never sooner than asked, not for ever."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.notify.retry import JITTER, LONGEST, MAIL, WEBHOOK, next_attempt
from tests.hub.notify.world import NOW

SCHEDULES = st.sampled_from([MAIL, WEBHOOK])
WAITS = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@given(schedule=SCHEDULES, n=st.integers(1, 20), wait=WAITS, seed=st.text(max_size=20))
def test_the_next_attempt_lies_ahead_and_within_a_bound(
    schedule: Sequence[float], n: int, wait: float | None, seed: str
) -> None:
    again = next_attempt(schedule, n, NOW, retry_after=wait, seed=seed)

    assert (again is None) == (n >= len(schedule))
    if again is not None:
        assert NOW < again <= NOW + timedelta(seconds=LONGEST * (1 + JITTER))


@given(n=st.integers(1, 9), wait=st.floats(0, LONGEST), seed=st.text(max_size=20))
def test_a_receiver_is_never_called_sooner_than_it_asked(n: int, wait: float, seed: str) -> None:
    again = next_attempt(WEBHOOK, n, NOW, retry_after=wait, seed=seed)

    assert again is not None
    assert again >= NOW + timedelta(seconds=wait)


@given(n=st.integers(1, 9), seed=st.text(max_size=20))
def test_a_wait_is_stretched_or_shortened_by_a_fifth_at_most(n: int, seed: str) -> None:
    again = next_attempt(WEBHOOK, n, NOW, retry_after=None, seed=seed)

    assert again is not None
    assert 0.8 <= (again - NOW).total_seconds() / WEBHOOK[n] <= 1.2
    assert again == next_attempt(WEBHOOK, n, NOW, retry_after=None, seed=seed)


def test_a_crowd_spreads_out() -> None:
    waits = {next_attempt(WEBHOOK, 3, NOW, retry_after=None, seed=str(n)) for n in range(100)}

    assert 100 == len(waits)


@pytest.mark.parametrize("schedule, hours", [(WEBHOOK, 75.585), (MAIL, 32.708)])
def test_the_schedules_reach_as_far_as_they_say(schedule: Sequence[float], hours: float) -> None:
    assert 0 == schedule[0]
    assert sorted(schedule) == list(schedule)
    assert hours == pytest.approx(sum(schedule) / 3600, abs=0.001)
