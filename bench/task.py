"""What a sender is to deliver: which orders' facts, signed how, to which port, how fast."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from time import time

from bench.day import deliveries
from connectors.signatures import sign_standard_webhook

END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to send where, and how fast."""

    port: int
    requests: int
    rate: float | None = None  #: per second; None: as fast as answers come
    connections: int = 128
    warm: int = 0  #: requests at the beginning that do not count
    path: str | None = None  #: GET this, with ``key``; else facts are delivered to the door
    key: str = ""
    secret: str = ""
    first: int = 0  #: number of the first order
    start: str = ""  #: when the orders' day began
    keep: str | None = None  #: a file for the moments of answer, one per request


def requests(task: Task) -> Iterator[bytes]:
    """Yield the bytes to be sent."""
    if task.path is not None:
        head = f"GET {task.path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {task.key}"
        yield from itertools.repeat(head.encode() + END, task.requests)
        return
    bodies = deliveries(task.requests, first=task.first, start=datetime.fromisoformat(task.start))
    for number, body in enumerate(bodies):
        name, now = f"msg_{task.first}_{number}", int(time())
        head = (
            "POST /in/canonical HTTP/1.1\r\nHost: bench\r\n"
            "content-type: application/cloudevents+json\r\n"
            f"webhook-id: {name}\r\nwebhook-timestamp: {now}\r\n"
            f"webhook-signature: {sign_standard_webhook(task.secret, name, now, body)}\r\n"
            f"Content-Length: {len(body)}"
        )
        yield head.encode() + END + body
