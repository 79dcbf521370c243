"""A provider that fails is left alone for a while, then tried with one notice."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.notify.breaker import (
    ENOUGH,
    FIRST_PAUSE,
    IN_A_ROW,
    LONGEST_PAUSE,
    WINDOW,
    Breaker,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A_LITTLE = timedelta(milliseconds=1)


def fail(breaker: Breaker, times: int = IN_A_ROW, now: datetime = NOON) -> list[bool]:
    return [breaker.ended(well=False, now=now) for _ in range(times)]


def test_failures_in_a_row_open_it_and_say_so_once() -> None:
    breaker = Breaker()

    assert [False] * (IN_A_ROW - 1) + [True, False] == fail(breaker, IN_A_ROW + 1)
    assert (0, True) == (breaker.places(16, NOON), breaker.open)


def test_one_success_starts_the_count_anew() -> None:
    breaker = Breaker()
    fail(breaker, IN_A_ROW - 1)
    breaker.ended(well=True, now=NOON)
    fail(breaker, IN_A_ROW - 1)

    assert 16 == breaker.places(16, NOON)


def test_mostly_failing_opens_it_too() -> None:
    breaker = Breaker()
    seen = [breaker.ended(well=n % 4 == 0, now=NOON) for n in range(ENOUGH)]

    assert [*[False] * (ENOUGH - 1), True] == seen


def test_old_failures_do_not_count() -> None:
    breaker = Breaker()
    for n in range(ENOUGH - 1):
        breaker.ended(well=n % 4 == 0, now=NOON)

    assert not breaker.ended(well=False, now=NOON + WINDOW + A_LITTLE)


def test_after_the_pause_one_notice_shows_how_it_is() -> None:
    breaker = Breaker()
    fail(breaker)

    assert 0 == breaker.places(16, NOON + FIRST_PAUSE - A_LITTLE)
    later = NOON + FIRST_PAUSE
    assert 1 == breaker.places(16, later)
    breaker.begun()
    assert 0 == breaker.places(16, later)
    breaker.ended(well=True, now=later)
    assert (16, False) == (breaker.places(16, later), breaker.open)


def test_a_probe_that_says_nothing_makes_room_for_another() -> None:
    breaker = Breaker()
    fail(breaker)
    breaker.begun()
    breaker.called_off()

    assert 1 == breaker.places(16, NOON + FIRST_PAUSE)


def test_each_pause_is_longer_up_to_the_longest() -> None:
    breaker, now, pauses = Breaker(), NOON, []
    fail(breaker)
    for _ in range(8):
        begin = now
        while not breaker.places(1, now):
            now += timedelta(seconds=5)
        pauses.append(now - begin)
        breaker.begun()
        breaker.ended(well=False, now=now)

    assert FIRST_PAUSE == pauses[0]
    assert pauses == sorted(pauses)
    assert LONGEST_PAUSE == pauses[-1]


def test_one_that_is_ill_slows_down_nobody_else() -> None:
    breakers: defaultdict[str, Breaker] = defaultdict(Breaker)
    fail(breakers["bad"])

    assert (0, 16) == (breakers["bad"].places(16, NOON), breakers["good"].places(16, NOON))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400)), max_size=60))
def test_whatever_happened_it_is_tried_again_within_the_longest_pause(history) -> None:
    breaker, now = Breaker(), NOON
    for well, seconds in history:
        now += timedelta(seconds=seconds)
        if breaker.places(1, now):
            breaker.begun()
            breaker.ended(well=well, now=now)

    assert 1 <= breaker.places(1, now + LONGEST_PAUSE)
