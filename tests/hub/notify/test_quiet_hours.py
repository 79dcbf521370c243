"""The night is spared where the reader lives, also when the clocks are changed in it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from hub.notify.quiet_hours import Hours, awake, night, passes, zone_of
from state_machine.milestones import Told, Urgency

ZONES = ("Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
HELSINKI = ZoneInfo("Europe/Helsinki")
MINUTE = timedelta(minutes=1)

clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
hours = st.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1])
moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2028, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
#: the nights in which Helsinki's clocks are set forward and back
SPRING = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)


@given(moments, hours, st.sampled_from(ZONES))
@example(SPRING, (time(22), time(3, 30)), "Europe/Helsinki")  # an end that this night has not
@example(AUTUMN, (time(22), time(3, 30)), "Europe/Helsinki")  # an end that it has twice
@example(AUTUMN + timedelta(hours=1), (time(22), time(3, 30)), "Europe/Helsinki")
def test_what_waits_for_the_morning_comes_in_the_morning_and_never_before_now(
    now: datetime, span: tuple[time, time], zone: str
) -> None:
    quiet, clock = Hours(*span), ZoneInfo(zone)
    until = awake(now, quiet, clock)

    assert until >= now
    assert not quiet.hold(until.astimezone(clock).time())
    assert until == awake(until, quiet, clock)
    assert (until == now) == (not quiet.hold(now.astimezone(clock).time()))
    assert until - now <= timedelta(hours=25)


@given(moments, hours, st.sampled_from(ZONES))
@example(SPRING, (time(22), time(3, 30)), "Europe/Helsinki")
def test_nobody_waits_longer_than_it_is_quiet(
    now: datetime, span: tuple[time, time], zone: str
) -> None:
    quiet, clock = Hours(*span), ZoneInfo(zone)
    until = awake(now, quiet, clock)

    # An end that is left out when clocks are set forward may come up to an hour after the change.
    moment = now + MINUTE
    while moment < until - timedelta(hours=1):
        assert quiet.hold(moment.astimezone(clock).time()), moment
        moment += 15 * MINUTE


def test_the_morning_after_the_clocks_were_changed_comes_at_eight_by_the_new_clock() -> None:
    evening = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)  # 22:00, still in winter

    assert datetime(2026, 3, 29, 5, 0, tzinfo=UTC) == awake(evening, night("FI"), HELSINKI)


def test_quiet_hours_within_one_day_are_hours_too() -> None:
    nap = Hours.read("13:00-15:00")
    day = date(2026, 11, 23)

    assert datetime.combine(day, time(15), HELSINKI) == awake(
        datetime.combine(day, time(14), HELSINKI), nap, HELSINKI
    )
    assert "13:00-15:00" == str(nap)


def test_what_is_critical_or_of_use_now_alone_passes_and_progress_waits() -> None:
    passing = {told for told in Told if passes(told)}

    assert {told for told in Told if told.urgency is Urgency.CRITICAL} < passing
    assert {Told.OUT_FOR_DELIVERY, Told.READY_FOR_PICKUP} < passing
    assert not passing & {Told.SHIPPED, Told.DELIVERED, Told.ORDER_PLACED, Told.REFUND_ISSUED}


def test_a_country_with_several_clocks_does_not_say_what_time_it_is() -> None:
    found = [zone_of(country) for country in ("FI", "se", "US", "XX")]

    assert ["Europe/Helsinki", "Europe/Stockholm", None, None] == found
