"""Connections to a mail server: a burst of letters shares them, none is left waiting."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from hub.notify.channels import DeliveryError

#: RFC 3463: no such mailbox, no such domain, moved without a word, accepts no mail (RFC 7505)
GONE = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10"})
LETTERS = 100  #: of one connection; mail servers allow about as many
FAILURES = (aiosmtplib.SMTPException, OSError, TimeoutError)


@dataclass(slots=True)
class Line:
    """An open connection."""

    server: aiosmtplib.SMTP
    letters: int = 0  #: that went over it
    free: bool = False  #: for the next letter; else it is closed after this one


class Lines:
    """Connections to one server. Kept only while a letter is under way: an idle one goes stale."""

    def __init__(self, url: str, *, reply: float) -> None:
        """Read ``smtp://[user:password@]host[:port]`` or ``smtps://…``; ``reply``: seconds."""
        self._parts = _server(url)
        self._reply = reply
        self._idle: list[Line] = []
        self._busy = 0

    @asynccontextmanager
    async def line(self, *, kept: bool = True) -> AsyncIterator[Line]:
        """Lend a line that is kept from another letter, or (``kept`` no, or none there) a new one.

        Raises ``DeliveryError`` when there is no connection; that is no fault of the letter.
        """
        self._busy += 1
        line = None
        try:
            line = self._idle.pop() if kept and self._idle else Line(await self._connect())
            line.free = False
            yield line
        finally:
            self._busy -= 1
            if line is not None:
                self._back(line)
            if not self._busy:
                await self.hang_up()

    def _back(self, line: Line) -> None:
        if line.free and line.letters < LETTERS and line.server.is_connected:
            self._idle.append(line)
        else:
            line.server.close()

    async def hang_up(self) -> None:
        """Say goodbye on every idle line."""
        idle, self._idle = self._idle, []
        for line in idle:
            with contextlib.suppress(*FAILURES):
                await line.server.quit(timeout=2)  # a courtesy; the letters are accepted already
            line.server.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        parts = self._parts
        server = aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port,
            use_tls=parts.scheme == "smtps",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            timeout=self._reply,
        )
        try:
            async with asyncio.timeout(3 * self._reply):
                await server.connect()
        except (*FAILURES, ssl.SSLError) as error:
            server.close()  # a server that lets nobody in is no fault of this letter
            raise DeliveryError(f"no connection to the mail server: {said(error)}") from error
        return server


def said(error: BaseException) -> str:
    """Write an error on one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _server(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == -1:
        raise ValueError("TILANNE_SMTP_URL must be smtp://[user:password@]host[:port] or smtps://…")
    return parts
