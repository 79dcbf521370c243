"""Opening hours are read, written in the reader's language, and never guessed."""

from datetime import datetime

import pytest

from hub.notify.opening import is_open, nearest_open, spans, written

MONDAY_NOON, SUNDAY_NIGHT = datetime(2026, 11, 23, 12, 0), datetime(2026, 11, 29, 23, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    "text, language, said",
    [
        ("ma–pe 7–22, la–su 9–21", "sv", "mån–fre 7–22, lör–sön 9–21"),
        ("Mo-Su 06:00-23:00", "fi", "ma–su 6–23"),
        ("mån-fre 8.30-17", "en", "Mon–Fri 08:30–17:00"),
        ("24/7", "fi", "24/7"),
        ("8-22", "fi", "ma–su 8–22"),
        ("klo 8 jälkeen", "en", "klo 8 jälkeen"),
        ("su–ma 8–10", "en", "su–ma 8–10"),
        ("ma 10–8", "en", "ma 10–8"),
        ("", "en", ""),
    ],
)
def test_hours_are_written_in_the_readers_language(text: str, language: str, said: str) -> None:
    assert said == written(text, language)


@pytest.mark.parametrize("text", ["", "suljettu", "ma 25–26", "xx 8–10", "ma 8–10, ehkä"])
def test_what_is_not_understood_is_not_called_open(text: str) -> None:
    assert spans(text) is None
    assert not is_open(text, MONDAY_NOON)


def test_the_nearest_point_that_is_open_is_chosen() -> None:
    def point(name: str, hours: str, distance: int | None) -> dict[str, object]:
        return {"name": name, "opening_hours": hours, "distance_m": distance}

    points = [
        point("far", "24/7", 900),
        point("near", "ma–pe 8–20", 300),
        point("unknown", "", 10),
        point("somewhere", "24/7", None),
    ]

    assert "near" == (nearest_open(points, MONDAY_NOON) or {})["name"]
    assert "far" == (nearest_open(points, SUNDAY_NIGHT) or {})["name"]
    assert nearest_open(points[2:], MONDAY_NOON) is None
    assert nearest_open(None, MONDAY_NOON) is None
