"""What every provider's reports about our messages have in common: proven, then read.

A provider's reports are a module of this folder with ``open_desk(tools) -> Desk | None``; its file
name is its door, ``/in/receipts/<name>``. The registry is the folder. None: no secret is set for
it, and then nothing is believed.
"""

import hmac
import importlib
import pkgutil
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import orjson

from hub.notify.tools import Tools

LONGEST = 255  #: characters of what names a message or a report


class What(StrEnum):
    """What can be reported of a message that was taken."""

    DELIVERED = "delivered"  #: it is where it should be
    READ = "read"  #: somebody has opened it
    DELAYED = "delayed"  #: not yet; the provider goes on trying
    FAILED = "failed"  #: not this one; the next may arrive
    BOUNCED = "bounced"  #: nothing will arrive at this address
    COMPLAINED = "complained"  #: the recipient wants nothing more from us


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One report about one message."""

    event: str  #: the same however often it is reported
    reference: str  #: what the channel said the provider calls the message
    what: What
    at: datetime
    addresses: Sequence[str] = ()  #: whom it was for, in every way we may have written it
    detail: str = ""  #: the provider's words
    channel: str = ""  #: of the message, where the desk is not for one channel alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A request at a desk, as it came."""

    headers: Mapping[str, str]  #: names in lower case
    query: Mapping[str, str]
    body: bytes
    received_at: datetime

    def json(self) -> Mapping[str, Any]:
        """Read the body; ``NotUnderstood`` unless it is a JSON object."""
        try:
            read = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise NotUnderstood(f"the body is not JSON: {error}") from None
        if not isinstance(read, dict):
            raise NotUnderstood("the body is not a JSON object")
        return read

    def password(self) -> str:
        """Return what follows Bearer, or the password of Basic; empty if there is neither."""
        kind, _, sent = self.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return sent.strip()
        try:
            plain = b64decode(sent, validate=True).decode() if kind.lower() == "basic" else ""
        except ValueError:
            return ""
        return plain.partition(":")[2]


class NotProven(Exception):
    """The report does not prove that it comes from the provider."""


class NotUnderstood(Exception):
    """The report is no report of this provider; the text says where."""


@runtime_checkable
class Desk(Protocol):
    """Where one provider's reports are taken in."""

    NAME: str  #: the name of its file
    CHANNEL: str  #: of the messages it reports about; empty: each receipt says it
    KIND: str  #: what customers' addresses of this channel are called; empty: it cannot say

    def prove(self, report: Report) -> None:
        """Raise ``NotProven`` unless the provider has signed it."""

    def read(self, report: Report) -> Iterable[Receipt]:
        """Yield what it says; what says nothing about a message is left out. ``NotUnderstood``."""

    def greet(self, report: Report) -> bytes | None:
        """Answer a GET by which the provider makes sure that the door is ours; None: refused."""


def names() -> tuple[str, ...]:
    """Return the desks there are: the files of this folder."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def open_desks(tools: Tools) -> dict[str, Desk | None]:
    """Open every desk; None where no secret is set. ``TypeError`` names one that is no desk."""
    opened: dict[str, Desk | None] = {}
    for name in names():
        desk = importlib.import_module(f"{__name__}.{name}").open_desk(tools)
        if desk is not None and (not isinstance(desk, Desk) or name != desk.NAME):
            raise TypeError(f"receipts of {name}: open_desk(tools) must return a Desk, or None")
        opened[name] = desk
    return opened


def same(given: str, *secrets: str) -> None:
    """Raise ``NotProven`` unless ``given`` is one of the secrets; time tells nothing."""
    sent = given.encode("utf-8", "surrogatepass")
    found = [hmac.compare_digest(sent, secret.encode("utf-8")) for secret in secrets if secret]
    if not any(found):
        raise NotProven


def part(table: Mapping[str, Any], *way: str) -> Any:
    """Follow names into a JSON object; None where it ends before."""
    found: Any = table
    for name in way:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def text(table: Mapping[str, Any], *way: str) -> str:
    """Follow names to a text; empty if there is none. A number is written out."""
    found = part(table, *way)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found)[:2000]
