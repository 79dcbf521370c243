"""Where the brokers are that bring orders' raws, and how the hub proves who it is."""

import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.config import Settings

COMMITTED = "read_committed"  #: what a transaction gave up was never told


class BrokerAway(Exception):
    """No broker answers."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """The brokers of one cluster."""

    servers: tuple[str, ...]  #: host:port
    tls: ssl.SSLContext | None
    username: str | None
    password: str | None
    mechanism: str

    @classmethod
    def of(cls, settings: Settings) -> "Brokers":
        """Read ``kafka://host:port[,host:port]``. Raises ``ValueError`` for a CA that is none."""
        scheme, _, rest = settings.stream_url.partition("://")
        servers = tuple(_server(one) for one in rest.rstrip("/").split(",") if one)
        if not servers:
            raise ValueError("TILANNE_STREAM_URL must name a broker: kafka://host:port")
        password = settings.stream_password
        return cls(
            servers=servers,
            tls=_tls(settings.stream_ca) if scheme == "kafka+ssl" else None,
            username=settings.stream_username,
            password=password.get_secret_value() if password else None,
            mechanism=settings.stream_mechanism,
        )

    def client(self) -> dict[str, Any]:
        """Return how aiokafka is to reach them."""
        options: dict[str, Any] = {"bootstrap_servers": list(self.servers)}
        security = "SSL" if self.tls else "PLAINTEXT"
        if self.username:
            security = "SASL_SSL" if self.tls else "SASL_PLAINTEXT"
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options | {"security_protocol": security, "ssl_context": self.tls}


def _server(text: str) -> str:
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port or 9092
    except ValueError as error:
        raise ValueError(f"TILANNE_STREAM_URL: {text!r} is not host:port") from error
    if not parts.hostname or parts.username or parts.path:
        raise ValueError("TILANNE_STREAM_URL must read kafka://host:port[,host:port]")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


def _tls(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"TILANNE_STREAM_CA: {ca}: {error}") from error
