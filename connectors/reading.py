"""Reading a vendor's message field by field, so that every complaint names the place.

``read`` and ``form`` take the bytes; ``Json`` walks in them. Whatever is not as expected raises
``Unreadable`` with the JSON pointer of the field and what was wanted there. Nothing is repaired,
nothing is guessed; only texts for people are cut to a length.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import orjson

from connectors.contract import Unreadable
from connectors.timestamps import Moment
from state_machine.events import normalise_number

MAX_BODY = 5_000_000  #: bytes; the door is narrower, a poll answer may be larger
MAX_ID = 64  #: characters of a vendor's own id; ours are built of several
MAX_TEXT = 500  #: characters of a text for people
MAX_QUANTITY = 100_000
MAX_FIELDS = 50  #: of a form

_MONEY = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_LINES = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Json:
    """A value and where it stands in the message. A missing field is a null with a place."""

    __slots__ = ("_name", "_within", "value")

    def __init__(self, value: Any, place: str = "", within: "Json | None" = None) -> None:
        """Wrap a parsed value that stands at ``place``, a JSON pointer, or a step ``within``."""
        self.value, self._name, self._within = value, place, within

    @property
    def place(self) -> str:
        """Return the JSON pointer; put together when it is asked for, for most never are."""
        return self._name if self._within is None else f"{self._within.place}/{self._name}"

    def __getitem__(self, field: str) -> "Json":
        """Return a field of an object; of null, null."""
        if self.value is None:
            return Json(None, field, self)
        if not isinstance(self.value, dict):
            raise self.wrong("must be an object")
        return Json(self.value.get(field), field, self)

    def __iter__(self) -> Iterator["Json"]:
        """Go through a list; null is an empty one."""
        if self.value is not None and not isinstance(self.value, list):
            raise self.wrong("must be a list")
        for index, value in enumerate(self.value or ()):
            yield Json(value, str(index), self)

    def __bool__(self) -> bool:
        """Tell whether there is anything but null."""
        return self.value is not None

    def has(self, *fields: str) -> bool:
        """Tell whether this is an object with all these fields, null or not."""
        return isinstance(self.value, dict) and all(field in self.value for field in fields)

    def wrong(self, why: str) -> Unreadable:
        """Return the complaint about this place, to be raised."""
        return Unreadable(f"{self.place or '/'}: {why}")

    def text(self, limit: int = MAX_TEXT) -> str | None:
        """Return a text without the space around it, cut to ``limit``; None for null and empty."""
        if self.value is None:
            return None
        if not isinstance(self.value, str):
            raise self.wrong("must be a text")
        return self.value.strip()[:limit].rstrip() or None

    def code(self) -> str | None:
        """Return a word of the vendor's vocabulary as it is written; None for null and empty."""
        return self.text(limit=100)

    def id(self) -> str:
        """Return an id, which may be written as a number or as a text."""
        if isinstance(self.value, float):
            raise self.wrong("is a number too large to be read exactly; send it as a text")
        if isinstance(self.value, bool) or not isinstance(self.value, int | str):
            raise self.wrong("must be an id")
        text = str(self.value).strip()
        if not 0 < len(text) <= MAX_ID or _UNPRINTABLE.search(text):
            raise self.wrong(f"must be an id of 1 to {MAX_ID} printable characters")
        return text

    def whole(self) -> int:
        """Return a whole number of at most 40 bits."""
        value = self.value
        exact = isinstance(value, float) and value.is_integer()
        if exact or (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value)):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**40:
            raise self.wrong("must be a whole number")
        return value

    def quantity(self) -> int:
        """Return a number of pieces."""
        if self.whole() > MAX_QUANTITY:
            raise self.wrong(f"must be at most {MAX_QUANTITY}")
        return self.whole()

    def money(self) -> Decimal:
        """Return an amount that is written as a decimal text or as a number; 0 for null."""
        if self.value is None:
            return Decimal()
        if isinstance(self.value, bool) or not _MONEY.fullmatch(str(self.value)):
            raise self.wrong("must be an amount such as 41.94")
        return Decimal(str(self.value))

    def moment(self, read_time: Callable[[str], Moment]) -> Moment:
        """Return a time; the field must be there."""
        if not isinstance(self.value, str):
            raise self.wrong("must be a time")
        try:
            return read_time(self.value)
        except ValueError as problem:
            raise self.wrong(str(problem)) from None

    def time(self, read_time: Callable[[str], Moment]) -> datetime | None:
        """Return a time, or None for null and empty."""
        return self.moment(read_time).at if self.value not in (None, "") else None

    def tracking_number(self, least: int = 4) -> str | None:
        """Return a normalised tracking number; None for null and for what cannot be a key.

        Merchants type anything into that field: several lines and fewer than ``least`` letters and
        digits are no number. A link is taken for the one number in it.
        """
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | str):
            raise self.wrong("must be a tracking number")
        text = str(self.value).strip()
        number = normalise_number(text)
        return number if len(number) >= least and not _LINES.search(text) else None

    def url(self) -> str | None:
        """Return a link that is fit to be shown; None for anything else."""
        text = self.text(limit=2000) or ""
        sound = text.lower().startswith(("https://", "http://"))
        return text if sound and not re.search(r"[\s<>\"\x00-\x1f\x7f]", text) else None


def read(body: bytes) -> Json:
    """Parse JSON strictly: no NaN, no lone surrogates, no NUL, bounded depth and size."""
    if len(body) > MAX_BODY:
        raise Unreadable(f"the body has more than {MAX_BODY} bytes")
    try:
        document = Json(orjson.loads(body))  # of a field that stands twice the last counts
    except orjson.JSONDecodeError as problem:
        raise Unreadable(f"the body is not JSON: {problem}") from None
    if rb"\u0000" in body:
        _refuse_nul(document)
    return document


def form(body: bytes) -> dict[str, str]:
    """Parse an URL-encoded form in which every name stands once."""
    if len(body) > MAX_BODY:
        raise Unreadable(f"the body has more than {MAX_BODY} bytes")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise Unreadable("the body is not an URL-encoded form in UTF-8") from None
    if len(dict(pairs)) < len(pairs):
        raise Unreadable("the form holds a parameter twice")
    if any("\0" in text for pair in pairs for text in pair):
        raise Unreadable("the form holds a NUL character")
    return dict(pairs)


def _refuse_nul(document: Json) -> None:
    """Databases disagree on NUL in a text, so no text may hold one. A stack, not a recursion."""
    waiting = [document]
    while waiting:
        here = waiting.pop()
        if isinstance(here.value, str) and "\0" in here.value:
            raise here.wrong("holds a NUL character")
        if isinstance(here.value, list):
            waiting.extend(here)
        if isinstance(here.value, dict):
            if any("\0" in name for name in here.value):
                raise here.wrong("holds a NUL character in a field name")
            waiting.extend(here[name] for name in here.value)
