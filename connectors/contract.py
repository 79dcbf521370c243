"""What every connector promises: raw in, findings out, and three honest ways to refuse."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from state_machine.events import Event, OrderKey


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes a source sent, with headers and the time they reached us."""

    body: bytes
    headers: Mapping[str, str]  #: names in lower case
    received_at: datetime  #: aware, UTC; the only clock a connector has
    source: str  #: name of the configured feed; a shop's source name is its shop
    connector: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor expects to hear when its delivery is safe with us."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who to tell about an order. Personal data: kept in one place only, never in a fact."""

    about: OrderKey
    stated_at: datetime  #: the latest statement holds
    customer: str | None = None  #: the shop's id of the customer
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None  #: BCP 47, as the shop wrote it
    country: str | None = None  #: ISO 3166-1 alpha-2
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One happening whose code nobody has taught us; it waits, the rest of the raw is applied."""

    code: str  #: what the vendor wrote, such as ``status=reshelved``; groups the inbox
    detail: str = ""  #: where it stood, in the vendor's words
    about: str = ""  #: the parcel or order it spoke of, for the reader's eye


Finding = Event | Contact | Unmapped


class Refusal(Exception):
    """A raw that is not accepted; the message says what is wrong and what to do."""


class BadSignature(Refusal):
    """The raw does not prove that the vendor sent it."""


class Unreadable(Refusal):
    """The raw is authentic, but it is not what the vendor documents."""


@runtime_checkable
class Connector(Protocol):
    """A module that speaks one vendor's language.

    Required: ``TITLE``, ``verify``, ``parse``. Optional, with the default in brackets:

    - ``ANSWER: Answer`` (200, empty): what the vendor expects after a durable delivery
    - ``hello(raw) -> Answer | None`` (None): the answer to a handshake that carries no fact and no
      signature, such as a ping; None when the raw is a real delivery
    - ``delivery_key(raw) -> str`` (SHA-256 of the body): equal for two deliveries of the same thing
    - ``COVERS: frozenset[str]`` (empty): carriers, in lower case, whose scans this feed brings
    """

    TITLE: str

    def verify(self, raw: Raw, secret: str) -> None:
        """Raise ``BadSignature`` unless ``raw`` was signed with ``secret``; constant time."""

    def parse(self, raw: Raw) -> Iterator[Finding]:
        """Say what ``raw`` tells; raise ``Unreadable`` when it cannot be read at all.

        Pure: the same raw gives the same findings. Equal happenings in different raws give equal
        facts. A code that is not in the connector's table gives ``Unmapped``, never a guess.
        """


@dataclass(frozen=True, slots=True)
class Registered:
    """A connector as the hub knows it: the module with its optional parts filled in."""

    name: str
    kind: str  #: carriers, shops, warehouses or returns
    module: Connector
    answer: Answer = field(default_factory=Answer)
    covers: frozenset[str] = frozenset()

    def option(self, name: str) -> Any:
        """Return the module's optional function of that name, or None."""
        return getattr(self.module, name, None)
