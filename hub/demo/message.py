"""What a vendor says, and how it is sealed: signed at the moment it leaves, as a vendor would."""

import hashlib
import hmac
import json
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from connectors.signatures import (
    sign_body_base64,
    sign_body_hex,
    sign_form_values,
    sign_standard_webhook,
)


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said, before anybody signs it."""

    connector: str
    source: str
    body: bytes  #: JSON; for the form of Pakettikauppa its fields
    headers: Mapping[str, str] = field(default_factory=dict)


#: what a builder of messages returns: the same thing, said at a moment
Said = Callable[[datetime], Message]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What goes over the wire."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def as_json(document: Any) -> bytes:
    """Write JSON the way most vendors do."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def seal(message: Message, *, secret: str, sent_at: datetime, delivery_id: str) -> Envelope:
    """Sign a message as its vendor does; timestamps that are signed are those of ``sent_at``."""
    stamp = int(sent_at.timestamp())
    headers, body = SEALS[message.connector](message, secret, stamp, delivery_id)
    path = f"/in/{message.connector}?source={message.source}"
    return Envelope(path, {**message.headers, **headers}, body)


Sealed = tuple[dict[str, str], bytes]
JSON = {"content-type": "application/json"}


def _shopify(message: Message, secret: str, stamp: int, delivery_id: str) -> Sealed:
    signature = sign_body_base64(secret, message.body)
    own = {"x-shopify-hmac-sha256": signature, "x-shopify-webhook-id": delivery_id}
    return {**JSON, **own}, message.body


def _woocommerce(message: Message, secret: str, stamp: int, delivery_id: str) -> Sealed:
    signature = sign_body_base64(secret, message.body)
    own = {"x-wc-webhook-signature": signature, "x-wc-webhook-delivery-id": delivery_id}
    return {**JSON, **own}, message.body


def _easypost(message: Message, secret: str, stamp: int, delivery_id: str) -> Sealed:
    signature = sign_body_hex(unicodedata.normalize("NFKD", secret), message.body)
    return {**JSON, "x-hmac-signature": f"hmac-sha256-hex={signature}"}, message.body


def _pakettikauppa(message: Message, secret: str, stamp: int, delivery_id: str) -> Sealed:
    fields = {**json.loads(message.body), "timestamp": str(stamp)}
    form = urlencode({**fields, "hash": sign_form_values(secret, fields)})
    return {"content-type": "application/x-www-form-urlencoded"}, form.encode()


def _canonical(message: Message, secret: str, stamp: int, delivery_id: str) -> Sealed:
    own = {
        "content-type": "application/cloudevents+json",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign_standard_webhook(secret, delivery_id, stamp, message.body),
    }
    return own, message.body


SEALS: Mapping[str, Callable[[Message, str, int, str], Sealed]] = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
    "easypost": _easypost,
    "pakettikauppa": _pakettikauppa,
    "canonical": _canonical,
}


def invented_secret(seed: int, purpose: str) -> bytes:
    """Derive 32 bytes for one purpose; the same seed gives the same ones. For examples only."""
    return hmac.digest(f"example day {seed}".encode(), purpose.encode(), hashlib.sha256)


def invented_uuid(seed: int, *parts: object) -> str:
    """Derive the id of a delivery."""
    return str(uuid.UUID(bytes=invented_secret(seed, repr(parts))[:16], version=4))
