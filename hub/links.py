"""Links that let their holder do one thing for a while: signed, expiring, and naming nobody.

Standard: HMAC-SHA256 (RFC 2104) over the purpose and the text, compared in constant time. What a
link is for is part of what is signed, so one that shows preferences cannot unsubscribe.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Annotated
from urllib.parse import urlencode

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr

LONGEST = 600  #: characters of a token


class Purpose(StrEnum):
    """What a link lets its holder do; also the address it leads to."""

    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"


class Links(BaseModel):
    """How links to customers are made; without a key and an address there are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: where customers reach this hub: ``https://tilaus.example.fi``
    base_url: AnyHttpUrl | None = None
    #: the first one signs, all of them are believed: put a new one in front, and take the old one
    #: out once its links have expired; 32 characters or more of chance
    keys: tuple[Annotated[SecretStr, Field(min_length=32)], ...] = ()
    #: days a link works
    days: int = Field(default=90, ge=1, le=3650)

    def make(self, purpose: Purpose, about: str, now: datetime) -> str | None:
        """Return a link about an id; None where the settings allow none."""
        if self.base_url is None or not self.keys:
            return None
        address = str(self.base_url).rstrip("/")
        return f"{address}/{purpose}?{urlencode({'t': self.token(purpose, about, now)})}"

    def token(self, purpose: Purpose, about: str, now: datetime) -> str:
        """Sign an id for a purpose, until ``days`` from now."""
        until = int((now + timedelta(days=self.days)).timestamp())
        text = f"{until:x}.{about}".encode()
        return f"{_written(text)}.{_written(_seal(self.keys[0], purpose, text))}"

    def read(self, purpose: Purpose, token: str, now: datetime) -> str:
        """Return the id a token is about. Raises ``BadLink``."""
        text, seal = self._parts(token)
        # every key is tried, so that the time does not tell which one came close
        sealed = [compare_digest(_seal(key, purpose, text), seal) for key in self.keys]
        if not any(sealed):
            raise BadLink("is not one of ours")
        until, _, about = text.decode().partition(".")
        if now.timestamp() >= int(until, 16):
            raise BadLink("has expired", expired=True)
        return about

    def _parts(self, token: str) -> tuple[bytes, bytes]:
        text, _, seal = token[: LONGEST + 1].partition(".")
        try:
            read = urlsafe_b64decode(f"{text}=="), urlsafe_b64decode(f"{seal}==")
        except (binascii.Error, ValueError):
            raise BadLink("is not one of ours") from None
        # base64 has several spellings of the same bytes; only the one we write is a link
        if len(token) > LONGEST or token != f"{_written(read[0])}.{_written(read[1])}":
            raise BadLink("is not one of ours")
        return read


class BadLink(Exception):
    """A link that opens nothing; the text ends the sentence "this link …"."""

    def __init__(self, text: str, *, expired: bool = False) -> None:
        """``expired``: it was ours once."""
        super().__init__(text)
        self.expired = expired


def _seal(key: SecretStr, purpose: Purpose, text: bytes) -> bytes:
    return digest(key.get_secret_value().encode(), f"tilanne {purpose}\0".encode() + text, sha256)


def _written(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
