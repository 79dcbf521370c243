"""What every channel promises: a message in an envelope goes to one provider, or an honest error.

A channel is a module of this folder with ``open_channel(tools) -> Channel``; its file name is its
name. The registry is the folder: nothing else has to be edited.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hub.clock import Clock
from hub.config import Settings


class Audience(StrEnum):
    """Whom a channel reaches."""

    CUSTOMER = "customer"  #: the person who ordered: told what matters, in words
    SINK = "sink"  #: a store or partner system: told of every milestone, as data


class Form(StrEnum):
    """What a channel carries, and what of a message it is made of."""

    LETTER = "letter"  #: subject, text, HTML and its pictures
    SMS = "sms"  #: text, as few segments as it can be said in
    PUSH = "push"  #: subject as the title, text as the body, the link behind it
    CHAT = "chat"  #: text, several lines without any markup
    DATA = "data"  #: payload alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a postman may know: the envelope and the ready-made contents."""

    key: str  #: the same for every attempt of a notice, other for every other notice
    recipient: str  #: contact id or sink name
    to: str  #: address or URL
    subject: str
    short: str  #: one or two sentences
    text: str  #: in the words of the channel's form
    html: str
    payload: bytes  #: JSON for machines; no personal data
    language: str  #: BCP 47 primary subtag
    headers: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""  #: the shop as customers know it; whoever sends for it, if empty
    reply_to: str | None = None  #: where an answer should go
    link: str | None = None  #: what the reader may open next
    images: Mapping[str, bytes] = field(default_factory=dict)  #: PNG, by the name HTML calls them


class DeliveryError(Exception):
    """The message was not delivered; the text says what the provider answered.

    ``permanent``: trying again is pointless. ``retry_after``: seconds the provider asks us to wait.
    ``ambiguous``: the provider may have it all the same (the line broke after it was handed over).
    """

    def __init__(
        self,
        text: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        ambiguous: bool = False,
    ) -> None:
        """Say what went wrong."""
        super().__init__(text)
        self.permanent = permanent
        self.retry_after = retry_after
        self.ambiguous = ambiguous


Handing = Callable[[], Awaitable[None]]


@runtime_checkable
class Channel(Protocol):
    """One way to reach someone."""

    NAME: str  #: the name of its file
    AUDIENCE: Audience
    FORM: Form  #: what it carries
    ADDRESS: str  #: which column of the contact it writes to; "" for sinks
    MISSING: str  #: the reason written when a recipient has no such address
    SCHEDULE: Sequence[float]  #: seconds before each attempt, see ``hub.notify.retry``
    DEADLINE: float  #: seconds after which ``send`` has ended, one way or the other
    AT_ONCE: int  #: sends at the same time, per sink or for all customers
    deduplicates: bool  #: whether the provider shows a message with a known key only once

    async def send(self, message: Message, handing: Handing) -> str:
        """Hand the message to the provider; return the provider's reference.

        Awaits ``handing()`` right before the bytes that let the provider accept it; what happens
        after that and gets no answer is ambiguous. Raises ``DeliveryError``.
        """

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a channel is built with."""

    settings: Settings
    clock: Clock
    #: keeps a message in the local mailbox, once per message id
    keep_mail: Callable[[str, bytes], Awaitable[None]]


def names() -> tuple[str, ...]:
    """Return the channels there are: the files of this folder."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def open_channels(tools: Tools) -> dict[str, Channel]:
    """Open every channel; raise ``TypeError`` with the name of one that breaks the contract."""
    opened: dict[str, Channel] = {}
    for name in names():
        module = importlib.import_module(f"{__name__}.{name}")
        build = getattr(module, "open_channel", None)
        channel = build(tools) if callable(build) else None
        if not isinstance(channel, Channel) or name != channel.NAME:
            raise TypeError(
                f"channel {name}: open_channel(tools) must return a Channel named {name}"
            )
        opened[name] = channel
    return opened
