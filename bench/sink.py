"""A store system that is told by webhook, and a mail server; both take everything at once.

A program of its own: ``python -m bench.sink webhook PORT FILE`` or ``… mail PORT FILE``; with
``silent-`` before the kind it answers nothing. What
arrived is noted with its moment, and written to the file when the program is told to stop.
"""

import asyncio
import signal
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
import uvloop

END = b"\r\n\r\n"
LENGTH = b"content-length: "
THANKS = b"HTTP/1.1 204 No Content\r\n\r\n"


class Taken(asyncio.Protocol):
    """One connection; ``noted`` is shared by all of them."""

    def __init__(self, noted: list[tuple[float, Any]]) -> None:
        self.noted = noted
        self.read = b""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport


class Webhook(Taken):
    """Answers 204 to every POST, and to every GET, so that one can ask whether it is there."""

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        self.read += data
        while (end := self.read.find(END)) >= 0:
            _, found, rest = self.read[:end].lower().partition(LENGTH)
            size = int(rest.partition(b"\r\n")[0]) if found else 0
            whole = end + len(END) + size
            if len(self.read) < whole:
                return
            if size:
                self.noted.append((now, self.read[end + len(END) : whole]))
            self.read = self.read[whole:]
            self.transport.write(THANKS)


class Mail(Taken):
    """Says yes to everything a mail client says (RFC 5321, the least of it)."""

    letter = False  #: whether lines are those of a letter

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.write(b"220 bench\r\n")

    def data_received(self, data: bytes) -> None:
        self.read += data
        while (end := self.read.find(b"\r\n.\r\n" if self.letter else b"\r\n")) >= 0:
            said, self.read = self.read[:end], self.read[end + (5 if self.letter else 2) :]
            self.transport.write(self.answer(said))

    def answer(self, said: bytes) -> bytes:
        if self.letter:
            self.letter = False
            self.noted.append((perf_counter(), b""))
            return b"250 taken\r\n"
        word = said[:4].upper()
        self.letter = word == b"DATA"
        return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 yes\r\n")


class SilentWebhook(Taken):
    """Takes every POST and never answers."""

    def data_received(self, data: bytes) -> None:
        """Say nothing."""


class SilentMail(Mail):
    """Takes a letter, and never says so."""

    def answer(self, said: bytes) -> bytes:
        return b"" if self.letter else super().answer(said)


KINDS = {
    "webhook": Webhook,
    "mail": Mail,
    "silent-webhook": SilentWebhook,
    "silent-mail": SilentMail,
}


async def listen(kind: str, port: int, noted: list[tuple[float, Any]]) -> None:
    """Take everything until told to stop."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: KINDS[kind](noted), "127.0.0.1", port)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        await stop.wait()


def main() -> None:
    """Listen as the command line says."""
    kind, port, file = sys.argv[1:]
    noted: list[tuple[float, Any]] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(listen(kind, int(port), noted))
    came = [(when, orjson.loads(body)["data"] if body else None) for when, body in noted]
    Path(file).write_bytes(orjson.dumps(came))


if __name__ == "__main__":
    main()
