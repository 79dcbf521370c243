"""Sends deliveries of orders as a vendor's machines do, and notes when each was answered.

A program of its own, so that what it measures does not wait for it. With a rate it is an open
loop: every request has the moment it is meant for, whether or not earlier ones have been answered,
and its latency is counted from that moment; a server that stalls is charged for everybody who
had to wait (no coordinated omission). Without a rate each connection asks again as soon as it has
its answer. Reads a ``Task`` as JSON from standard input, writes what it found to standard output.
"""

import asyncio
import sys
from array import array
from collections import Counter, deque
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import orjson
import uvloop

from bench.task import END, Task, requests

#: so many requests, for so many seconds, are made before the clock starts; of more, while it runs:
#: they would fill the memory, and a signature is good for five minutes
AT_ONCE, SECONDS = 100_000, 100
TICK = 0.001  #: seconds between two looks at what is due
LENGTH = b"content-length: "


class Line(asyncio.Protocol):
    """One kept-alive connection; carries one request at a time."""

    def __init__(self, sender: "Sender") -> None:
        self._sender = sender
        self._read = b""
        self.carries: int | None = None  #: the number of the request that is not answered yet
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._read + data
        end = data.find(END)
        whole = end + len(END) + _length(data[:end]) if end >= 0 else len(data) + 1
        if len(data) < whole:
            self._read = data
            return
        self._read = data[whole:]
        self._sender.answered(self, int(data[9:12]))

    def connection_lost(self, _error: Exception | None) -> None:
        self._sender.lost(self)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0


class Sender:
    """Hands requests to free connections and notes when they were answered."""

    def __init__(self, task: Task) -> None:
        self._task = task
        made = requests(task)
        short = task.requests <= min(AT_ONCE, (task.rate or AT_ONCE) * SECONDS)
        self._requests = iter(list(made)) if short else made
        self._free: deque[Line] = deque()  #: in turn, so that none of them grows idle
        self._waiting: deque[int] = deque()
        self._lines: set[Line] = set()
        self._open = task.requests  #: not answered yet
        self._over = asyncio.Event()
        self.status = array("H", bytes(2 * task.requests))
        self.meant = array("d", bytes(8 * task.requests))
        self.sent = array("d", bytes(8 * task.requests))
        self.done = array("d", bytes(8 * task.requests))

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._task.connections):
            _, line = await loop.create_connection(lambda: Line(self), "127.0.0.1", self._task.port)
            self._lines.add(line)
            self._free.append(line)

    async def run(self) -> None:
        """Send everything; return when everything is answered or lost."""
        await self.connect()
        await (self._paced(self._task.rate) if self._task.rate else self._driven())
        await self._over.wait()
        for line in list(self._lines):
            line.transport.close()

    async def _paced(self, rate: float) -> None:
        start = perf_counter() + 0.05
        number = 0
        while number < self._task.requests and not self._over.is_set():
            due = min(int((perf_counter() - start) * rate) + 1, self._task.requests)
            for one in range(number, due):
                self.meant[one] = start + one / rate
                self._waiting.append(one)
            number = max(number, due)
            self._go()
            await asyncio.sleep(TICK)

    async def _driven(self) -> None:
        self._waiting.extend(range(self._task.requests))
        self._go()

    def _go(self) -> None:
        while self._waiting and self._free:
            line, number = self._free.popleft(), self._waiting.popleft()
            line.carries = number
            self.sent[number] = perf_counter()
            self.meant[number] = self.meant[number] or self.sent[number]
            line.transport.write(next(self._requests))

    def answered(self, line: Line, status: int) -> None:
        if line.carries is None:
            return
        self.done[line.carries] = perf_counter()
        self.status[line.carries] = status
        self._ended(line)
        self._free.append(line)
        self._go()

    def _ended(self, line: Line) -> None:
        line.carries = None
        self._open -= 1
        if not self._open:
            self._over.set()

    def lost(self, line: Line) -> None:
        """The other side hung up: what it had in hand has no answer (status 0)."""
        self._lines.discard(line)
        if line in self._free:
            self._free.remove(line)
        if line.carries is not None:
            self._ended(line)
        if not self._lines:
            self._over.set()


def main() -> None:
    """Do the task that standard input holds."""
    task = Task(**orjson.loads(sys.stdin.buffer.read()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sender = Sender(task)
        busy = process_time()
        runner.run(sender.run())
        busy = process_time() - busy
    sys.stdout.buffer.write(orjson.dumps(found(task, sender, busy)))


def found(task: Task, sender: Sender, busy: float) -> dict[str, Any]:
    """Say what was measured; only what was answered 2xx counts as done."""
    counted = range(task.warm, task.requests)
    done = [n for n in counted if 200 <= sender.status[n] < 300]
    waits = sorted(sender.done[n] - sender.meant[n] for n in done)
    late = sorted(sender.sent[n] - sender.meant[n] for n in done)
    if task.keep is not None:
        Path(task.keep).write_bytes(orjson.dumps(list(sender.done)))
    begun = min((sender.meant[n] for n in counted), default=0.0)
    ended = max((sender.done[n] for n in done), default=begun)
    statuses = Counter(sender.status[n] for n in counted)
    return {
        "offered": task.rate,
        "done": len(done),
        "statuses": {str(status): size for status, size in sorted(statuses.items())},
        "rate": len(done) / (ended - begun) if done else 0.0,
        "begun": begun,
        "ended": ended,
        "latency_ms": {name: _at(waits, share) for name, share in SHARES.items()},
        "late_ms": {name: _at(late, share) for name, share in SHARES.items()},
        "busy": busy / (ended - begun) if done else 0.0,
    }


SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1.0}


def _at(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)], 3)


if __name__ == "__main__":
    main()
