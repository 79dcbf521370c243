"""Days and times of a notice, in the reader's zone and as the reader's language writes them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from babel.dates import format_date, format_time

from hub.catalogues import Catalogues

SAME_VISIT = timedelta(hours=12)  #: a window no longer than this is told with its hours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  #: as the catalogues name them


class Moments:
    """How moments are written for one reader."""

    def __init__(self, words: Catalogues, language: str, zone: tzinfo) -> None:
        """Read the patterns of the language."""
        self._words, self._language, self._zone = words, language, zone

    def day(self, moment: datetime) -> str:
        """Write the day of a moment in full."""
        # "on Sunday" is a word of its own in Finnish and Swedish, and not always right in CLDR
        code = WEEKDAYS[self._day_of(moment).weekday()]
        weekday = self._words.label("on weekday", code, self._language)
        pattern = self._pattern("EEEE d MMMM").replace("EEEE", f"'{weekday}'")
        return format_date(self._day_of(moment), pattern, locale=self._language)

    def short_day(self, moment: datetime) -> str:
        """Write it as short as a message on a telephone wants it."""
        return self._date(moment, "EEE d MMM")

    def until(self, moment: datetime) -> str:
        """Write the last day of a time that ends at a moment."""
        return self.day(_last(self.local(moment)))

    def short_until(self, moment: datetime) -> str:
        """Write it short."""
        return self.short_day(_last(self.local(moment)))

    def window(self, promise: Mapping[str, Any], *, short: bool = False) -> str:
        """Write a delivery window: a day, two days, or the hours of one day."""
        latest, earliest = read(promise["latest"]), read(promise.get("earliest"))
        assert latest is not None
        written = self.short_day if short else self.day
        last = _last(self.local(latest))
        first = min(self.local(earliest), last) if earliest else last
        if first.date() != last.date():
            return f"{written(first)} – {written(last)}"
        if earliest is None or latest - earliest > SAME_VISIT or latest <= earliest:
            return written(last)
        pattern = self._pattern("%(day)s, %(first)s–%(last)s")
        hours = {"first": self._time(first), "last": self._time(self.local(latest))}
        return pattern % {"day": written(last), **hours}

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the reader's clock."""
        return moment.astimezone(self._zone)

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Whether two moments are on one day for the reader."""
        return bool(self._day_of(one) == self._day_of(other))

    def _day_of(self, moment: datetime) -> date:
        return self.local(moment).date()

    def _date(self, moment: datetime, name: str) -> str:
        return format_date(self._day_of(moment), self._pattern(name), locale=self._language)

    def _time(self, moment: datetime) -> str:
        return format_time(moment, self._pattern("HH:mm"), locale=self._language)

    def _pattern(self, name: str) -> str:
        return self._words.label("format", name, self._language, default=name)


def read(text: str | None) -> datetime | None:
    """Read a moment of a change."""
    return datetime.fromisoformat(text) if text else None


def _last(moment: datetime) -> datetime:
    """Midnight ends the day before it: who may come until then may not come the day after."""
    return moment - timedelta(seconds=1) if (moment.hour, moment.minute) == (0, 0) else moment
