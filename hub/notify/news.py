"""A change worth telling as the outbox holds it, read for those who put it into words."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

#: signs that turn the direction of writing: they could make an address read as another one
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One milestone of one order, with all that is to be said of it; no personal data in it."""

    order_id: str
    milestone: str
    subject: str
    revision: str
    version: int
    occurred_at: datetime
    change: Mapping[str, Any]  #: as pipeline wrote it, every text on one line

    @classmethod
    def read(cls, row: Any) -> "News":
        """Read a row with the columns of the outbox; ``ValueError`` if its change is not ours."""
        change = orjson.loads(row.change)
        if not isinstance(change, dict) or "order" not in change:
            raise ValueError("the change does not say which order it is about")
        return cls(
            order_id=row.order_id,
            milestone=row.milestone,
            subject=row.subject,
            revision=row.revision,
            version=row.version,
            occurred_at=row.occurred_at,
            change=one_line(change),
        )

    @property
    def order(self) -> Mapping[str, Any]:
        """The order as it was when this happened."""
        found: Mapping[str, Any] = self.change["order"]
        return found

    def part(self, name: str) -> Mapping[str, Any] | None:
        """Return the parcel, return, refund, promise or corrects of the change, if it has one."""
        found = self.change.get(name)
        return found if isinstance(found, dict) else None


def one_line(value: Any) -> Any:
    """Bring every text inside a JSON value to one line without control characters.

    Names and addresses are written by strangers; a line break or a turned writing direction in
    them could forge a paragraph, a header or an address.
    """
    if isinstance(value, str):
        if value.isprintable():  # nearly every text; no sign of it is one of those
            return " ".join(value.split())
        kept = (" " if unicodedata.category(sign) == "Cc" else sign for sign in value)
        return " ".join("".join(sign for sign in kept if sign not in TURNING).split())
    if isinstance(value, dict):
        return {key: one_line(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [one_line(inner) for inner in value]
    return value
