"""What nobody should send about an order, written once: for every connector and every store.

``BODIES`` are whole messages that no connector can understand. ``VALUES`` are put into every field
of a message that is otherwise right; then it may be told, set aside or refused, but never break us.
"""

import copy
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import orjson

from connectors.reading import form
from connectors.signatures import sign_form_values
from hub.demo.message import Envelope
from tests.connectors.cases import CASES, Case
from tests.hostile.wire import SECRETS, now, sealed

FORM = "pakettikauppa"  #: speaks in forms, with JSON in one of the fields

_dice = random.Random(3)


def _nested(depth: int, opening: bytes, closing: bytes) -> bytes:
    return opening * depth + b"1" + closing * depth


BODIES = {
    "lists in lists, 1 000": _nested(1_000, b"[", b"]"),
    "lists in lists, 10 000": _nested(10_000, b"[", b"]"),
    "lists in lists, 100 000": _nested(100_000, b"[", b"]"),
    "lists in lists, 500 000": _nested(500_000, b"[", b"]"),
    "lists that never end": b"[" * 1_000_000,
    "objects in objects, 1 000": _nested(1_000, b'{"a":', b"}"),
    "objects in objects, 150 000": _nested(150_000, b'{"a":', b"}"),
    "objects that never begin": b"}" * 1_000_000,
    "90 000 fields": b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
    "200 000 times the same field": b"{" + b",".join([b'"a":1'] * 150_000) + b"}",
    "100 000 numbers": b"[" + b",".join([b"0.125"] * 100_000) + b"]",
    "500 000 nothings": b"[" + b",".join([b"0"] * 500_000) + b"]",
    "a text of a megabyte": b'"' + b"x" * 1_000_000 + b'"',
    "escapes of a megabyte": b'"' + rb"\u00e4" * 150_000 + b'"',
    "NaN": b'{"id":NaN}',
    "Infinity": b'{"id":Infinity}',
    "-Infinity": b'{"id":-Infinity}',
    "5 000 digits": b'{"id":' + b"9" * 5_000 + b"}",
    "a huge exponent": b'{"id":1e999999999}',
    "a tiny exponent": b'{"id":1e-999999999}',
    "2 to the 64th": b'{"id":18446744073709551616}',
    "an integer beyond 64 bits": b'{"id":-9223372036854775809}',
    "a byte order mark": b'\xef\xbb\xbf{"id":1}',
    "UTF-16": '{"id":1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"id":1}'.encode("utf-16-le"),
    "UTF-32": '{"id":1}'.encode("utf-32"),
    "Latin-1": '{"id":"ä"}'.encode("latin-1"),
    "no UTF-8": b'{"id":"\xff\xfe"}',
    "overlong UTF-8": b'{"id":"\xc0\xaf"}',
    "half a character in UTF-8": b'{"id":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"id":"\xf4\x90\x80\x80"}',
    "NUL, escaped": b'{"id":"a\\u0000b"}',
    "NUL in a name, escaped": b'{"i\\u0000d":"a"}',
    "NUL, deep inside": b'{"a":[{"b":[[{"c":"\\u0000"}]]}]}',
    "NUL, raw": b'{"id":"a\0b"}',
    "NUL around": b'\0{"id":1}\0',
    "half a character": b'{"id":"\\ud800"}',
    "the other half": b'{"id":"\\udc00"}',
    "the halves swapped": b'{"id":"\\udc00\\ud800"}',
    "half a character in a name": b'{"\\ud800":1}',
    "a new line in a text": b'{"id":"a\nb"}',
    "an escape nobody knows": b'{"id":"\\x41"}',
    "cut off": b'{"id":1,"line_items":[{"id"',
    "two documents": b'{"id":1}{"id":2}',
    "a comma too many": b'{"id":1,}',
    "a comment": b'{"id":1/* one */}',
    "single quotes": b"{'id':1}",
    "a name without quotes": b"{id:1}",
    "octal": b'{"id":007}',
    "hexadecimal": b'{"id":0x10}',
    "null": b"null",
    "true": b"true",
    "a number": b"0",
    "a text": b'"order"',
    "an empty object": b"{}",
    "a list in a list": b"[[]]",
    "a form": b"id=1&id=2",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "all bytes": bytes(range(256)),
    "a space": b" ",
}

_EMOJI = "".join(_dice.choice([chr(sign) for sign in range(0x1F300, 0x1F5FF)]) for _ in range(300))
VALUES: tuple[Any, ...] = (
    None, True, -1, 2**63, 2**64 - 1, 1.5, 1e308, "", " ", "x" * 64, "x" * 65, "x" * 128,
    "x" * 129, "x" * 255, "x" * 256, "x" * 5_000, _EMOJI[:64], _EMOJI[:128], _EMOJI[:255],
    "a\0b", "a\x01b", "a\nb", "a\x7fb", "a\u0085b", "a\u2028b", "\u202eb\u200b", "\ufeffx",
    "\uffff", "ａｂ１", "АВС1", "e\u0301", "\u00e9", "../../etc/passwd", "%00", "a:b", "a:b:c", "٣",
    "<script>alert(1)</script>", "'; DROP TABLE raw; --", "{{ 7 * 7 }}", "=1+1", "9" * 400, "1e400",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-06-30T23:59:60Z", [], {},
    [[]], [None], {"a": {}},
)  # fmt: skip
#: one message of each connector that tells of much
SAMPLES = (
    "canonical/order-placed-with-contact",
    "canonical/scan-of-a-carrier-without-connector",
    "easypost/tracker-delivered-with-signature-and-late-scans",
    "pakettikauppa/ready-for-pickup",
    "shopify/order-with-cancelled-fulfilment-and-refund",
    "woocommerce/order-completed-with-tracking-and-refund",
)
MOST_FIELDS = 12  #: of one message


def delivery(connector: str, body: bytes, headers: dict[str, str] | None = None) -> Envelope:
    """Seal a body as the vendor would; where it speaks in forms, the body goes into the field."""
    if connector != FORM:
        return sealed(connector, body, headers)
    others = {
        "api_key": "key", "tracking_code": "JJFI1", "event": "22",
        "timestamp": str(int(now().timestamp())),
    }  # fmt: skip
    values = {**others, "object": body.decode("utf-8", "surrogateescape")}
    signed = sign_form_values(SECRETS[FORM], values)
    written = f"{urlencode({**others, 'hash': signed})}&object={quote_from_bytes(body)}"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return Envelope(f"/in/{FORM}", kind, written.encode())


def samples() -> Iterator[Case]:
    yield from (case for case in CASES if case.name in SAMPLES)


def altered(case: Case) -> Iterator[tuple[str, bytes]]:
    """Put every value into every field; yields what was done and the message."""
    body = form(case.raw.body)["object"].encode() if case.connector == FORM else case.raw.body
    document = orjson.loads(body)
    fields = list(_fields(document))
    for path in _dice.sample(fields, min(MOST_FIELDS, len(fields))):
        for number, value in enumerate(VALUES):
            changed = copy.deepcopy(document)
            within = changed
            for step in path[:-1]:
                within = within[step]
            within[path[-1]] = value
            yield f"{case.name} {path} {number}", orjson.dumps(changed)


def _fields(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        steps = value if isinstance(value, dict) else range(min(len(value), 2))
        for step in steps:
            yield from _fields(value[step], (*path, step))
