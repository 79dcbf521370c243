"""The same wall clock is the same instant every time, also in the nights when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.timestamps import (
    Moment,
    day,
    end_of_day,
    local,
    unix,
    utc,
    with_doubtful_z,
    with_offset,
)
from state_machine.events import Clarity

HELSINKI = ZoneInfo("Europe/Helsinki")
EXPLICIT, ASSUMED_UTC = Clarity.EXPLICIT, Clarity.ASSUMED_UTC


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "read_time, text, expected, clarity",
    [
        (with_offset, "2025-07-02T11:30:19-05:00", "2025-07-02T16:30:19", EXPLICIT),
        (with_offset, "2026-11-03T09:30:00Z", "2026-11-03T09:30:00", EXPLICIT),
        (with_offset, "2026-11-03 09:30:00.1234567+0200", "2026-11-03T07:30:00.123456", EXPLICIT),
        (with_offset, "2026-11-03T09:30+05:45", "2026-11-03T03:45", EXPLICIT),
        (utc, "2017-03-22T19:28:02", "2017-03-22T19:28:02", EXPLICIT),
        (utc, "2017-03-22T19:28:02Z", "2017-03-22T19:28:02", EXPLICIT),
        (with_doubtful_z, "2024-08-01T14:42:13Z", "2024-08-01T14:42:13", ASSUMED_UTC),
        (with_doubtful_z, "2024-08-01T14:42:13", "2024-08-01T14:42:13", ASSUMED_UTC),
        (with_doubtful_z, "2024-08-01T14:42:13-07:00", "2024-08-01T21:42:13", EXPLICIT),
    ],
)
def test_a_time_is_read_as_its_vendor_means_it(read_time, text, expected, clarity) -> None:
    assert Moment(at(expected), clarity) == read_time(text)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2016-09-30 17:34:00", "2016-09-30T14:34:00"),  # summer
        ("2026-11-03 09:30:00", "2026-11-03T07:30:00"),  # winter
        ("2026-10-25 02:59:59", "2026-10-24T23:59:59"),  # before the hour that happens twice
        ("2026-10-25 03:00:00", "2026-10-25T00:00:00"),  # the first of the two
        ("2026-10-25 03:59:59", "2026-10-25T00:59:59"),
        ("2026-10-25 04:00:00", "2026-10-25T02:00:00"),  # after it
        ("2026-03-29 02:59:59", "2026-03-29T00:59:59"),  # before the hour that does not happen
        ("2026-03-29 03:00:00", "2026-03-29T01:00:00"),  # as 04:00 summer time
        ("2026-03-29 03:59:59", "2026-03-29T01:59:59"),
        ("2026-03-29 04:00:00", "2026-03-29T01:00:00"),
    ],
)
def test_finnish_local_time_keeps_its_rule_when_clocks_change(text: str, expected: str) -> None:
    assert Moment(at(expected), Clarity.ASSUMED_ZONE) == local(text, HELSINKI)


def test_a_day_begins_and_ends_where_it_is() -> None:
    assert Moment(at("2026-11-02T22:00:00"), Clarity.DATE_ONLY) == day("2026-11-03", HELSINKI)
    assert Moment(at("2026-11-03T23:59:59"), Clarity.DATE_ONLY) == end_of_day("2026-11-03")


def test_unix_seconds_are_read() -> None:
    assert Moment(at("2021-02-25T15:02:10"), EXPLICIT) == unix(1614265330)


@pytest.mark.parametrize(
    "read_time, text",
    [
        (with_offset, "2026-11-03T09:30:00"),
        (with_offset, "2026-11-03"),
        (with_offset, "20261103T093000Z"),
        (with_offset, "2026-W45-2T09:30:00Z"),
        (with_offset, "2026-02-30T09:30:00Z"),
        (with_offset, "2026-11-03T24:30:00Z"),
        (with_offset, "2026-11-03T09:30:00+24:00"),
        (with_offset, "2026-11-03T09:30:00+02:60"),
        (with_offset, "0001-01-01T00:00:00+14:00"),
        (with_offset, "9999-12-31T23:59:59-14:00"),
        (with_offset, "٢٠٢٦-11-03T09:30:00Z"),
        (with_offset, "2026-11-03T09:30:00Z\n"),
        (with_offset, ""),
        (lambda text: local(text, HELSINKI), "2026-11-03 09:30:00Z"),
        (lambda text: local(text, HELSINKI), "0001-01-01 00:00:00"),
        (day, "2026-11-31"),
        (day, "9999-12-31"),
        (lambda text: unix(int(text)), "-1"),
        (lambda text: unix(int(text)), "99999999999999999999"),
    ],
)
def test_what_is_no_such_time_is_refused(read_time, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_time(text)


@given(st.text() | st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(str))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    for read_time in (with_offset, utc, with_doubtful_z, day, lambda text: local(text, HELSINKI)):
        try:
            moment = read_time(text)
        except ValueError:
            continue
        assert moment.at.tzinfo is UTC
