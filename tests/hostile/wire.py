"""Bytes on a bare socket to a hub that takes orders' news, as no client library would send them."""

import socket
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection

from hub.demo.message import Envelope, Message, as_json, seal
from tests.faults.hub_process import SECRET
from tests.hub.serving import Reply

PATIENCE = 20.0  #: seconds anything here may take
SECRETS = {
    "canonical": SECRET,
    "shopify": "shopify-secret",
    "woocommerce": "woo-secret",
    "easypost": "easypost-secret",
    "pakettikauppa": "pakettikauppa-secret",
}
SETTINGS = {f"TILANNE_SECRETS__{name.upper()}": secret for name, secret in SECRETS.items()}


def connect(port: int, *, small: bool = False) -> socket.socket:
    """``small``: with so little room for answers that an unread one is noticed soon."""
    line = socket.socket()
    if small:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(PATIENCE)
    line.connect(("127.0.0.1", port))
    return line


def send(line: socket.socket, parts: Iterable[bytes]) -> None:
    """Send until the hub has had enough."""
    with suppress(BrokenPipeError, ConnectionResetError):
        for part in parts:
            line.sendall(part)


def read_to_the_end(line: socket.socket) -> bytes:
    """Read until the hub hangs up; a reset is a hang-up, too."""
    read = b""
    with suppress(ConnectionResetError):
        while part := line.recv(65_536):
            read += part
    return read


def answers(read: bytes) -> list[Reply]:
    """Take apart what a hub said on one line."""
    found = []
    while read:
        start, _, rest = read.partition(b"\r\n\r\n")
        lines = start.decode("latin-1").split("\r\n")
        named = (one.partition(": ") for one in lines[1:])
        headers = {name.lower(): value for name, _, value in named}
        status = int(lines[0].split()[1])
        length = int(headers.get("content-length", 0)) if status >= 200 else 0
        found.append(Reply(status, headers, rest[:length]))
        read = rest[length:]
    return found


def say(port: int, *parts: bytes | Iterable[bytes]) -> list[Reply]:
    """Say it all, whatever the hub does, then read to the end of the line."""
    with connect(port) as line:
        for part in parts:
            send(line, [part] if isinstance(part, bytes) else part)
        return answers(read_to_the_end(line))


def head(*headers: str, first: str = "POST /in/canonical HTTP/1.1", close: bool = True) -> bytes:
    """Write the head of a request."""
    ending = ["Connection: close"] if close else []
    lines = [first, "Host: localhost", *headers, *ending, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - a sender's clock


def sealed(connector: str, body: bytes, headers: Mapping[str, str] | None = None) -> Envelope:
    """Sign a body as its vendor does, now; ``headers``: what the vendor says besides."""
    message = Message(connector, connector, body, headers or {})
    secret = SECRETS[connector]
    return seal(message, secret=secret, sent_at=now(), delivery_id=f"msg_{uuid.uuid4().hex}")


def written(envelope: Envelope, *more: str, close: bool = True) -> bytes:
    """Write a sealed delivery as it goes over the wire."""
    lines = [f"{name}: {value}" for name, value in envelope.headers.items()]
    length = f"Content-Length: {len(envelope.body)}"
    first = f"POST {envelope.path} HTTP/1.1"
    return head(*lines, *more, length, first=first, close=close) + envelope.body


def post(line: HTTPConnection, envelope: Envelope) -> int:
    """Deliver on a line that stays open; return the status."""
    line.request("POST", envelope.path, envelope.body, dict(envelope.headers))
    answer = line.getresponse()
    answer.read()
    return answer.status


def order_placed(name: str) -> Envelope:
    """Say that an order was placed; nothing is wrong with it."""
    event = {
        "specversion": "1.0",
        "source": "honest",
        "id": name,
        "type": "fi.tilanne.order.placed",
        "time": "2026-11-03T09:57:00+02:00",
        "data": {
            "about": {"type": "order", "shop": "kauppa", "external_id": name},
            "what": {
                "number": name,
                "placed_at": "2026-11-03T09:57:00+02:00",
                "lines": [{"id": "1", "quantity": 1}],
            },
        },
    }
    return sealed("canonical", as_json(event))


@contextmanager
def many(port: int, count: int, *, small: bool = False) -> Iterator[list[socket.socket]]:
    """Hold so many lines at once."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect(port, small=small)) for _ in range(count)]
