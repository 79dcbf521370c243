"""Every setting of the hub, said once: its name, its default and what changes with it.

Read from the environment with the prefix ``TILANNE_``; a nested name takes two underscores
(``TILANNE_SECRETS__SHOPIFY``). A value that cannot be read stops the start with its name.
"""

import json
from contextlib import suppress
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from hub.falling_back import Fallback
from hub.links import Links
from hub.shops import Shop as Shop
from hub.sinks import Sink as Sink
from hub.topics import Streaming

Scope = Literal["read", "write", "admin"]


class ApiKey(BaseModel):
    """Who may ask, and for what; sent as ``Authorization: Bearer <key>``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    key: SecretStr = Field(min_length=16)
    scopes: frozenset[Scope] = frozenset({"read"})


ANY_SHOP = Shop()  #: of which nothing is said


class Settings(Streaming):
    """The settings of one hub."""

    model_config = SettingsConfigDict(
        env_prefix="TILANNE_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    #: ``sqlite:///path`` for one machine, ``postgresql://…`` beyond
    database_url: str = "sqlite:///var/tilanne.db"
    #: ``redis://host:port/0`` or ``rediss://…``, shared by the processes of a hub; unset: live
    #: updates and limits stay inside each process
    redis_url: SecretStr | None = None
    #: begins every name in the Redis; hubs that share one need different ones
    redis_prefix: str = Field(default="tilanne", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    #: per connector a secret, or a JSON list of secrets while one is being rotated
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    #: who may ask over the API; empty: nobody
    api_keys: tuple[ApiKey, ...] = ()
    #: ``smtp://[user:password@]host:port`` or ``smtps://…``; unset: the local mailbox at /dev/mail
    smtp_url: SecretStr | None = None
    #: sender of e-mail
    mail_from: str = "Tilanne <tilaukset@localhost>"
    #: per channel its own settings: ``TILANNE_CHANNELS__SMS__TOKEN`` and so on, see channels.md; a
    #: channel without settings is not there
    channels: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    #: channels on which customers are told only after they have agreed to it
    consent_channels: frozenset[str] = frozenset()
    #: links to pages where customers say how they want to be told
    links: Links = Links()
    #: store and partner systems that are told of every milestone, or come and ask
    sinks: tuple[Sink, ...] = ()
    #: per shop (source name) what is particular to it
    shops: dict[str, Shop] = Field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    #: largest webhook body in bytes; a larger one is answered 413
    max_body: int = Field(default=1_048_576, ge=1024)
    #: seconds a sender may take to deliver its body; then 408
    body_deadline: float = Field(default=10.0, gt=0)
    #: bytes of deliveries being read or waiting for the disk, at once; beyond it 503 + Retry-After
    door_memory: int = Field(default=67_108_864, ge=1024)
    #: seconds a sender may take to say what it wants (address and headers); then 408
    head_deadline: float = Field(default=10.0, gt=0)
    #: seconds a connection may rest between two requests, or leave an answer unread
    idle_deadline: float = Field(default=30.0, gt=0)
    #: connections open at once; beyond, whoever has kept us waiting longest gives way
    max_connections: int = Field(default=800, ge=1)
    #: requests a second of one API key in the long run, ten seconds' worth at once; beyond it 429 +
    #: Retry-After; 0: no limit
    api_rate: float = Field(default=0.0, ge=0)
    #: deliveries a second of one source in the long run, ten seconds' worth at once; 0: no limit
    door_rate: float = Field(default=0.0, ge=0)
    #: requests a minute of one API key that need scope admin
    admin_per_minute: float = Field(default=60.0, gt=0)
    #: streams of orders' events open at once in one process; beyond it 503 + Retry-After
    max_listeners: int = Field(default=200, ge=1)
    #: what to do when a crash leaves open whether the mail server took a message: hold it for a
    #: person, or send it again and risk a second copy
    on_ambiguous: Literal["hold", "resend"] = "hold"
    #: clocks differ: a fact may be dated this long after its arrival (minutes); one that is dated
    #: later is held to its arrival, and flagged
    future_minutes: float = Field(default=10.0, ge=0)
    #: a milestone that happened longer ago than this is not told any more (hours)
    news_age_hours: float = Field(default=168.0, gt=0)
    #: when a customer's next channel takes over
    fallback: Fallback = Fallback()
    #: seconds a notice stays its sender's without a sign of life; then another dispatcher sends it
    lease_seconds: float = Field(default=10.0, ge=2)
    #: per channel, the most messages its provider (or each sink) gets in a second; else no limit
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    #: days the raw bytes are kept once nothing in them waits for a person or an order
    raw_days: int = Field(default=30, ge=1)
    #: days a fact waits for its order before it is listed as expired; a carrier may be ahead of the
    #: shop by as many, so that later it will hardly find its order by itself
    parked_days: int = Field(default=14, ge=1)
    #: private and loopback addresses sinks and providers may have; one elsewhere inside the network
    #: is refused
    sink_networks: tuple[str, ...] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _largest_body_fits(self) -> "Settings":
        if self.door_memory < self.max_body:
            raise ValueError("TILANNE_DOOR_MEMORY must be at least TILANNE_MAX_BODY")
        return self

    @field_validator("secrets", mode="before")
    @classmethod
    def _lower_names(cls, value: object) -> object:
        if isinstance(value, dict):
            return {
                str(name).lower(): json.dumps(secret) if isinstance(secret, list) else secret
                for name, secret in value.items()
            }
        return value

    @field_validator("redis_url")
    @classmethod
    def _a_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or value.get_secret_value().startswith(("redis://", "rediss://")):
            return value
        raise ValueError("must be redis://host:port or rediss://host:port")

    def secrets_of(self, connector: str) -> tuple[str, ...]:
        """Return the secrets that are valid now for a connector; empty: none is configured.

        Raises ``ValueError`` when the setting looks like a JSON list and is none.
        """
        text = self.secrets.get(connector, SecretStr("")).get_secret_value()
        if not text.startswith("["):
            return (text,) if text else ()
        several = None
        with suppress(ValueError):
            several = json.loads(text)
        if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
            name = f"TILANNE_SECRETS__{connector.upper()}"
            raise ValueError(f"{name} must be a string or a JSON list of strings")
        return tuple(one for one in several if one)

    def shop(self, name: str) -> Shop:
        """Return what is particular to a shop; the defaults if nothing is set."""
        return self.shops.get(name, ANY_SHOP)

    @property
    def developers_pages(self) -> bool:
        """Whether the developer's pages may show: the hub is heard by this machine alone.

        Behind a proxy on the same machine it also listens on loopback only; but a hub that writes
        to real customers has a mail server, and then there are no such pages.
        """
        return self.smtp_url is None and self._on_loopback

    @property
    def _on_loopback(self) -> bool:
        with suppress(ValueError):
            return self.host == "localhost" or ip_address(self.host).is_loopback
        return False
