"""A mail server that notes every letter about an order before it says yes."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.traps import Traps

MIDDLE = 40  #: the line of a letter that counts as its middle


class Post:
    """The handler: phase by phase, as RFC 5321 has them."""

    def __init__(self, ledger: Callable[[], Ledger], traps: Traps) -> None:
        self._ledger, self._traps = ledger, traps

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        self._traps.reached("smtp.rcpt")
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        for address in envelope.rcpt_tos:
            await self._ledger().letter(address, envelope.content)
        self._traps.reached("smtp.dot")
        await self._traps.patience()
        return "250 taken"


class Server(SMTP):
    """The protocol, with an ear on the lines of a letter while they come in."""

    def __init__(self, post: Post, traps: Traps) -> None:
        super().__init__(post, hostname="oracle.test", loop=asyncio.get_running_loop())
        self._traps = traps

    async def smtp_DATA(self, arg: str) -> None:
        self._traps.reached("smtp.data")
        reader: Any = self._reader
        self._reader = Listening(reader, self._traps)
        try:
            await super().smtp_DATA(arg)
        finally:
            self._reader = reader


class Listening:
    """A reader that says when the middle of a letter has come by."""

    def __init__(self, reader: asyncio.StreamReader, traps: Traps) -> None:
        self._reader, self._traps, self._lines = reader, traps, 0

    async def readuntil(self, separator: bytes) -> bytes:
        line = await self._reader.readuntil(separator)
        self._lines += 1
        if self._lines == MIDDLE:
            self._traps.reached("smtp.middle")
        return line

    async def read(self, size: int) -> bytes:
        return await self._reader.read(size)


async def serve(post: Post, traps: Traps, *, narrow: bool = False) -> int:
    """Open a mail server; return its port.

    ``narrow``: it takes so little at once that a long letter is still with the sender when its
    middle arrives; else the sender's kernel has all of it, and would send it on without the sender.
    """
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if narrow:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    door.bind(("127.0.0.1", 0))
    await asyncio.get_running_loop().create_server(lambda: Server(post, traps), sock=door)
    port: int = door.getsockname()[1]
    return port
