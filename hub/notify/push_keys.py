"""The keys of push: a browser's, which seal a notice for its customer, and ours, which prove us."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlencode, urlsplit

import http_ece
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from hub.notify.channels import DeliveryError
from hub.notify.posting import Post

PROOF = timedelta(hours=12)  #: of a VAPID token; RFC 8292 allows 24
ASKED = timedelta(hours=1)  #: of what a service account asks for; Google allows no more
EARLY = timedelta(minutes=5)  #: by which a token is renewed before it is over
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523
POINT = re.compile(r"[A-Za-z0-9_-]{87}=?")  # an uncompressed P-256 point
SECRET = re.compile(r"[A-Za-z0-9_-]{22}(==)?")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser fetches its pushes, and the keys it opens them with."""

    endpoint: str
    point: bytes
    secret: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what ``PushSubscription.toJSON()`` wrote; ``DeliveryError`` (gone) if it is none."""
        try:
            read = orjson.loads(text)
            endpoint, keys = read["endpoint"], read["keys"]
            good = POINT.fullmatch(keys["p256dh"]) and SECRET.fullmatch(keys["auth"])
            secure = urlsplit(endpoint).scheme == "https" or _loopback(endpoint)
            point, secret = _bytes(keys["p256dh"]), _bytes(keys["auth"])
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except (ValueError, TypeError, KeyError, AttributeError):
            good = secure = None
        if not good or not secure:
            raise DeliveryError("not a push subscription", gone=True)
        return cls(endpoint, point, secret)

    def sealed(self, content: bytes) -> bytes:
        """Encrypt what only this browser can read (RFC 8291)."""
        own = ec.generate_private_key(ec.SECP256R1())
        sealed: bytes = http_ece.encrypt(
            content, private_key=own, dh=self.point, auth_secret=self.secret, version="aes128gcm"
        )
        return sealed


class Vapid:
    """Our proof to the push services of browsers (RFC 8292); made once per service and half day."""

    def __init__(self, key: SecretStr, contact: str) -> None:
        """Read the private key; ``ValueError`` if it is none."""
        self._key = _private(key.get_secret_value())
        self._contact = contact
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = b64(point)
        self._proofs: dict[str, tuple[datetime, str]] = {}

    def proof(self, endpoint: str, now: datetime) -> str:
        """Return the Authorization header for the service that an endpoint belongs to."""
        parts = urlsplit(endpoint)
        service = f"{parts.scheme}://{parts.netloc}"
        until, written = self._proofs.get(service, (now, ""))
        if now >= until - EARLY:
            until = now + PROOF
            claims = {"aud": service, "exp": int(until.timestamp()), "sub": self._contact}
            token = jwt.encode(claims, self._key, algorithm="ES256")
            written = f"vapid t={token}, k={self.public}"
            self._proofs[service] = (until, written)
        return written


class Account:
    """A service account of Google: what it signs is changed for a token, good for an hour."""

    def __init__(self, file: SecretStr) -> None:
        """Read the JSON of a key file; ``ValueError`` if it is none."""
        try:
            read = orjson.loads(file.get_secret_value())
            self.project = str(read["project_id"])
            self._mail, self._door = str(read["client_email"]), str(read["token_uri"])
            self._key = load_pem_private_key(str(read["private_key"]).encode(), None)
        except (ValueError, TypeError, KeyError):
            raise ValueError(
                "TILANNE_CHANNELS__PUSH__SERVICE_ACCOUNT is not the JSON of a key file"
            ) from None
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    async def bearer(self, post: Post, now: datetime) -> str:
        """Return a token that is good now. Raises ``DeliveryError`` if none is given."""
        if self._token and now < self._until:
            return self._token
        claims = {
            "iss": self._mail,
            "scope": SCOPE,
            "aud": self._door,
            "iat": int(now.timestamp()),
            "exp": int((now + ASKED).timestamp()),
        }
        signed = jwt.encode(claims, self._key, algorithm="RS256")  # type: ignore[arg-type]
        body = urlencode({"grant_type": GRANT, "assertion": signed}).encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = await post.ask(self._door, body, form)
        said = answer.json()
        token, seconds = said.get("access_token"), said.get("expires_in")
        if not answer.taken or not isinstance(token, str) or not isinstance(seconds, int):
            raise DeliveryError(f"no token for the service account: {answer.status}")
        self._token, self._until = token, now + timedelta(seconds=seconds) - EARLY
        return token

    def forget(self) -> None:
        """Ask for a new token next time."""
        self._token = ""


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    wrong = (
        "TILANNE_CHANNELS__PUSH__VAPID_KEY is no private P-256 key (base64url of 32 bytes, or PEM)"
    )
    try:
        if text.startswith("-----"):
            key = load_pem_private_key(text.encode(), None)
        else:
            number = _bytes(text)
            key = ec.derive_private_key(int.from_bytes(number, "big"), ec.SECP256R1())
    except (ValueError, TypeError):
        raise ValueError(wrong) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError(wrong)
    return key


def b64(key: bytes) -> str:
    """Write a key as those who deal with push do: base64url without padding."""
    return urlsafe_b64encode(key).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _loopback(url: str) -> bool:
    try:
        return ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False
