"""How vendors prove that a message is theirs: one function signs, one checks, per family.

Every check is constant time and fails closed: whatever is missing, malformed, doubled or too old
raises ``BadSignature`` with the header's name and the remedy, and never any other exception. The
signing half is what the check itself compares with, so senders (our own webhooks, the example
day) use the very same function.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

from connectors.contract import BadSignature, Raw

TOLERANCE = 300  #: seconds a signed timestamp may differ from our clock, either way

_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=")
_HEX = re.compile(r"[0-9a-f]{64}")
_UNIX = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 20  #: in one Standard Webhooks header; more is an attack, not a rotation


# --- the body and a shared secret ----------------------------------------------------------------


def sign_body_base64(secret: str, body: bytes) -> str:
    """Sign as Shopify and WooCommerce do: base64 of HMAC-SHA256 over the body."""
    return base64.b64encode(_mac(_key(secret), body)).decode()


def sign_body_hex(secret: str, body: bytes) -> str:
    """Sign as EasyPost does, without its prefix: lower-case hex of HMAC-SHA256 over the body."""
    return _mac(_key(secret), body).hex()


def verify_body_base64(raw: Raw, secret: str, *headers: str) -> None:
    """Check a base64 signature over the body, in the first of ``headers`` (any case) that is there.

    Raises ``BadSignature``. A header that was sent under two of its names must say the same twice.
    """
    name, given = _header(raw, *headers)
    _shape(_BASE64, given, name, "base64 of 32 bytes")
    _compare(given, sign_body_base64(_configured(secret), raw.body), name)


def verify_body_hex(raw: Raw, secret: str, header: str, *, prefix: str = "") -> None:
    """Check a hex signature over the body that follows ``prefix`` in ``header``.

    Raises ``BadSignature``. Upper-case hex is accepted.
    """
    name, given = _header(raw, header)
    if not given.startswith(prefix):
        raise BadSignature(f"header {name} must begin with {prefix!r}")
    given = given.removeprefix(prefix).lower()
    _shape(_HEX, given, name, f"{prefix}64 hex digits")
    _compare(given, sign_body_hex(_configured(secret), raw.body), name)


# --- the values of a form ------------------------------------------------------------------------


def sign_form_values(secret: str, values: Mapping[str, str]) -> str:
    """Sign as Pakettikauppa does: hex of HMAC-SHA256 over the values, sorted by name, joined by &.

    Neither names nor boundaries are covered by this scheme: whoever checks must know the names.
    """
    joined = "&".join(values[name] for name in sorted(values))
    return _mac(_key(secret), joined.encode("utf-8", "surrogatepass")).hex()


def verify_form_values(values: Mapping[str, str], secret: str, *, field: str) -> None:
    """Check the signature that stands in ``field`` over all the other values.

    Raises ``BadSignature``.
    """
    given = values.get(field, "").lower()
    _shape(_HEX, given, field, "64 hex digits", kind="parameter")
    others = {name: value for name, value in values.items() if name != field}
    _compare(given, sign_form_values(_configured(secret), others), field, kind="parameter")


# --- Standard Webhooks ---------------------------------------------------------------------------


def sign_standard_webhook(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the ``webhook-signature`` header: ``v1,`` + base64 over ``id.timestamp.body``.

    In: a secret ``whsec_`` + base64 (the prefix may be missing), the ``webhook-id``, the
    ``webhook-timestamp`` in Unix seconds. Raises ``ValueError`` for a secret that is not base64.
    Source: https://github.com/standard-webhooks/standard-webhooks, spec, "signature scheme".
    """
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    return f"v1,{base64.b64encode(_mac(_standard_key(secret), signed)).decode()}"


def verify_standard_webhook(raw: Raw, secret: str, *, tolerance: int = TOLERANCE) -> None:
    """Check the three ``webhook-*`` headers; one good signature of several is enough.

    ``tolerance`` in seconds against ``raw.received_at``. Raises ``BadSignature``. A full stop in
    the id cannot move the boundary to a body we would read: that body would not be JSON.
    """
    _, message_id = _header(raw, "webhook-id")
    name, stamp = _header(raw, "webhook-timestamp")
    timestamp = check_timestamp(raw, stamp, place=f"header {name}", tolerance=tolerance)
    name, given = _header(raw, "webhook-signature")
    try:
        expected = sign_standard_webhook(_configured(secret), message_id, timestamp, raw.body)
    except ValueError as problem:
        raise BadSignature(str(problem)) from None
    candidates = given.split(" ")
    if len(candidates) > _MOST_SIGNATURES:
        raise BadSignature(f"header {name} holds more than {_MOST_SIGNATURES} signatures")
    # no early exit: every candidate is compared, so time tells nothing
    matches = [hmac.compare_digest(_bytes(one), expected.encode()) for one in candidates]
    if not any(matches):
        raise BadSignature(
            f"header {name} holds no valid v1 signature over id.timestamp.body: sign the bytes "
            "exactly as sent, with the secret configured here"
        )


def check_timestamp(raw: Raw, text: str, *, place: str, tolerance: int = TOLERANCE) -> int:
    """Return the signed time in Unix seconds; ``BadSignature`` unless it is close to ours."""
    if not _UNIX.fullmatch(text):
        raise BadSignature(f"{place} must be Unix seconds in digits")
    if abs(raw.received_at.timestamp() - int(text)) > tolerance:
        raise BadSignature(
            f"{place} is more than {tolerance} s from our clock: set the sender's clock, and sign "
            "again when sending again"
        )
    return int(text)


# --- in common -----------------------------------------------------------------------------------


def _header(raw: Raw, *names: str) -> tuple[str, str]:
    found = {name: raw.headers[name.lower()] for name in names if raw.headers.get(name.lower())}
    if not found:
        raise BadSignature(f"header {names[0]} is missing: is a secret set at the sender?")
    if len(set(found.values())) > 1:
        raise BadSignature(f"headers {' and '.join(found)} contradict each other")
    return next(iter(found.items()))


def _configured(secret: str) -> str:
    if not secret:
        raise BadSignature("no secret is configured here: set the one the sender signs with")
    return secret


def _shape(
    pattern: re.Pattern[str], given: str, name: str, wanted: str, *, kind: str = "header"
) -> None:
    if not pattern.fullmatch(given):
        raise BadSignature(f"{kind} {name} must be {wanted}, exactly once")


def _compare(given: str, expected: str, name: str, *, kind: str = "header") -> None:
    if not hmac.compare_digest(_bytes(given), expected.encode()):
        raise BadSignature(
            f"{kind} {name} does not match: the secret differs from the sender's, or the content "
            "was changed on its way"
        )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _key(secret: str) -> bytes:
    return _bytes(secret)


def _standard_key(secret: str) -> bytes:
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("the secret configured here must be whsec_ followed by base64")
    return key


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
