"""Providers on loopback that speak their own protocol, and can be told to go wrong in any way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

WAIT = 77  #: seconds a provider that has too much to do asks for


class Trouble(StrEnum):
    """How a provider may fail."""

    LATER = "not now"
    WAIT = "too much at once"
    NEVER = "refused"
    SILENT = "takes it and never answers"
    CUT = "takes it and hangs up"
    HALF = "hangs up in the middle of its answer"
    GARBAGE = "says yes in words nobody understands"
    HUGE = "its answer has no end"
    BOMB = "its answer is said to be compressed"
    ELSEWHERE = "sends us elsewhere"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Asked], web.Response]


@dataclass
class FarEnd:
    """A provider: what it was asked, and what it answers."""

    well: Answer
    trouble: Trouble | None = None
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    open: list[asyncio.Task[None]] = field(default_factory=list)  #: connections, of a mail server
    politely: bool = False  #: a mail server that has had enough letters says 421
    lines: list[asyncio.Transport] = field(default_factory=list)  #: connections, of a web server
    senders: list[str] = field(default_factory=list)  #: of envelopes

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): text for name, text in request.headers.items()}
        query = dict(request.query)
        asked = Asked(request.method, request.path, query, headers, await request.read())
        self.asked.append(asked)
        assert request.transport is not None
        self.lines.append(request.transport)
        if self.trouble is None or request.path == "/token":  # the trouble is with the message
            return self.well(asked)
        return await GOES_WRONG[self.trouble](self, request)


def _says(status: int, text: str = "", **headers: str) -> Callable[..., Awaitable[web.Response]]:
    async def answer(far_end: FarEnd, request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return answer


async def _silent(far_end: FarEnd, request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def _cut(far_end: FarEnd, request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _half(far_end: FarEnd, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(status=200, headers={"content-length": "1000"})
    await response.prepare(request)
    await response.write(b'{"half": ')
    assert request.transport is not None
    request.transport.abort()
    return response


async def _huge(far_end: FarEnd, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(status=200)
    await response.prepare(request)
    try:
        while True:
            await response.write(b"[" * 10_000)
    except ConnectionError:
        return response


GOES_WRONG: dict[Trouble, Callable[..., Awaitable[web.StreamResponse]]] = {
    Trouble.LATER: _says(503, "try again"),
    Trouble.WAIT: _says(429, "slowly", retry_after=str(WAIT)),
    Trouble.NEVER: _says(400, "no"),
    Trouble.SILENT: _silent,
    Trouble.CUT: _cut,
    Trouble.HALF: _half,
    Trouble.GARBAGE: _says(200, "<html>Hei \x00 \ud7ff</html>"),
    Trouble.HUGE: _huge,
    Trouble.BOMB: _says(200, "\x1f\x8b\x08 not gzip", content_encoding="gzip"),
    Trouble.ELSEWHERE: _says(307, "", location="/elsewhere"),
}


@asynccontextmanager
async def far_end(well: Answer, trouble: Trouble | None = None) -> AsyncIterator[FarEnd]:
    """Run a provider for a while."""
    made = FarEnd(well, trouble)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = site.name
    try:
        yield made
    finally:
        await runner.cleanup()
        for line in made.lines:  # one that nobody reads from would wait for ever
            line.abort()
        for _ in range(3):  # lines that were cut are closed in a turn of the loop of their own
            await asyncio.to_thread(lambda: None)


#: what a mail server says after the last dot of the letter; None: it says nothing
AFTER_THE_DOT: dict[Trouble | None, bytes | None] = {
    None: b"250 taken as 42\r\n",
    Trouble.LATER: b"451 greylisted\r\n",
    Trouble.WAIT: b"421 too many letters\r\n",
    Trouble.NEVER: b"554 no\r\n",
    Trouble.SILENT: None,
    Trouble.CUT: b"",
    Trouble.HALF: b"250-tak",
    Trouble.GARBAGE: b"\xff\xfe nonsense\r\n",
    Trouble.HUGE: b"250-" + b"x" * 2_000_000 + b"\r\n",
    Trouble.BOMB: b"250 \x1f\x8b\x08\xc3\x28\r\n",
    Trouble.ELSEWHERE: b"551 elsewhere\r\n",
}


@asynccontextmanager
async def mail_end(
    trouble: Trouble | None = None, letters: int | None = None, *, politely: bool = False
) -> AsyncIterator[FarEnd]:
    """Run a mail server that goes wrong after the last dot, in bytes no library would send.

    ``letters``: after as many it hangs up, or, ``politely``, says so to the next one.
    """
    made = FarEnd(lambda asked: web.Response(), trouble, politely=politely)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _talk(made, reader, writer, letters)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    def caller(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.open.append(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(caller, "127.0.0.1", 0)
    made.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in made.open:
            task.cancel()
        await asyncio.gather(*made.open, return_exceptions=True)


async def _talk(
    made: FarEnd,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    letters: int | None,
) -> None:
    writer.write(b"220 post.test\r\n")
    taken, open_ = 0, False
    while line := await reader.readline():
        word = line[:4].upper()
        if word != b"DATA":
            writer.write(_says_to(made, line, nested=open_, enough=taken == letters))
            open_ = (open_ or word == b"MAIL") and word != b"RSET"
            continue
        writer.write(b"354 go on\r\n")
        letter = await reader.readuntil(b"\r\n.\r\n")
        made.asked.append(Asked("DATA", "", {}, {}, letter))
        said = AFTER_THE_DOT[made.trouble]
        if said is None:
            await asyncio.Event().wait()
        writer.write(said or b"")
        taken, open_ = taken + 1, False
        if made.trouble in {Trouble.CUT, Trouble.HALF} or (taken == letters and not made.politely):
            await writer.drain()
            return


def _says_to(made: FarEnd, line: bytes, *, nested: bool, enough: bool) -> bytes:
    """Answer a command as strictly as real servers do."""
    word = line[:4].upper()
    if word == b"MAIL" and (nested or (enough and made.politely)):
        return b"503 nested MAIL\r\n" if nested else b"421 enough for one call\r\n"
    if word == b"MAIL":
        made.senders.append(line.split(b":", 1)[1].split()[0].decode())
    if word == b"RCPT" and b"<gone@" in line:
        return b"550 5.1.1 <gone@example.fi> nobody of that name\r\n"
    return b"221 bye\r\n" if word == b"QUIT" else b"250 OK\r\n"
