"""What every channel promises: a message in an envelope goes to one provider, or an honest error.

A channel is a module of this folder with ``open_channel(tools) -> Channel | None``; its file name
is its name. The registry is the folder: nothing else has to be edited. None: it is not configured.
Its settings and secrets are its own (``Own``): ``TILANNE_CHANNELS__<NAME>__<FIELD>``. It may have
``caps`` (``hub.notify.caps``), ``REPEATS``, the channel whose messages it carries another way, and,
with several providers, ``in_doubt(noted)``: the ``on_ambiguous`` of the one that had a message.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Literal, Protocol, runtime_checkable

from hub.notify.tools import Tools as Tools


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
    topic: str = ""  #: the same for all that is told of one subject: the newer replaces the older
    urgent: bool = False  #: something is to be done today
    #: what was noted when earlier attempts, that may have reached the recipient, handed it over
    doubts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken a message."""

    reference: str = ""  #: what its receipts call the message; empty: it gives none
    said: str = ""  #: its answer, for whoever looks into it


class DeliveryError(Exception):
    """The message was not delivered; the text says what the provider answered.

    ``permanent``: trying again is pointless. ``gone``: so is writing to this address ever again.
    ``retry_after``: seconds the provider asks us to wait. ``ambiguous``: the provider may have it
    all the same (the line broke after it was handed over). No address and no secret in the text.
    """

    def __init__(
        self,
        text: str,
        *,
        permanent: bool = False,
        gone: bool = False,
        retry_after: float | None = None,
        ambiguous: bool = False,
    ) -> None:
        """Say what went wrong."""
        super().__init__(text)
        self.permanent = permanent or gone
        self.gone = gone
        self.retry_after = retry_after
        self.ambiguous = ambiguous


#: what may be done when nobody knows whether the provider has a message: let a person decide, send
#: it again, or let the channel ask the provider first (``Message.doubts``)
OnAmbiguous = Literal["hold", "resend", "look_up"]


class Handing(Protocol):
    """Notes that the provider is about to get a message."""

    async def __call__(self, reference: str = "") -> None:
        """``reference``: what receipts will call it, as far as that is known already."""


@runtime_checkable
class Channel(Protocol):
    """One way to reach someone."""

    NAME: str  #: the name of its file
    AUDIENCE: Audience
    FORM: Form  #: what it carries
    ADDRESS: str  #: which kind of a customer's address, or which field of a sink, it needs
    MISSING: str  #: the reason written when a recipient has no such address
    SCHEDULE: Sequence[float]  #: seconds before each attempt, see ``hub.notify.retry``
    DEADLINE: float  #: seconds after which ``send`` has ended, one way or the other
    AT_ONCE: int  #: sends at the same time, per sink or for all customers
    deduplicates: bool  #: whether the provider shows a message with a known key only once
    on_ambiguous: OnAmbiguous  #: "resend" if it de-duplicates

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Hand the message to the provider; return what it said.

        Awaits ``handing()`` right before the bytes that let the provider accept it; what happens
        after that and gets no answer is ambiguous. Raises ``DeliveryError``.
        """

    async def close(self) -> None:
        """Let go of connections."""


@cache  # asked for with every batch
def names() -> tuple[str, ...]:
    """Return the channels there are: the files of this folder."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def open_channels(tools: Tools) -> dict[str, Channel]:
    """Open every channel that is configured.

    Raises ``TypeError`` with the name of one that breaks the contract, ``ValueError`` for settings
    that cannot be used or belong to no channel.
    """
    if strange := tools.settings.channels.keys() - set(names()):
        raise ValueError(f"TILANNE_CHANNELS: there is no channel {min(strange)}")
    opened: dict[str, Channel] = {}
    for name in names():
        module = importlib.import_module(f"{__name__}.{name}")
        build = getattr(module, "open_channel", None)
        channel = build(tools) if callable(build) else build
        if channel is None and build is not None:
            continue
        if not isinstance(channel, Channel) or name != channel.NAME:
            raise TypeError(
                f"channel {name}: open_channel(tools) must return a Channel named {name}, or None"
            )
        opened[name] = channel
    return opened
