"""Real servers on loopback: one takes mail, one takes webhooks; both answer as they are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Post:
    """What a mail server received, and what it answers at each phase."""

    answers: dict[str, str] = field(default_factory=dict)  #: phase -> reply
    letters: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    vanish: bool = False  #: take the letter and cut the line instead of answering
    silent: bool = False  #: take the letter and never answer
    url: str = ""

    def read(self, number: int = -1) -> EmailMessage:
        return BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(
            self.letters[number]
        )

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        answer = self.answers.get("DATA", "250 taken as 42")
        if answer.startswith("250"):
            self.letters.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        if self.vanish:
            server.transport.abort()
        if self.silent:
            await asyncio.Event().wait()
        return answer


@asynccontextmanager
async def mail_server(port: int = 0, **options: Any) -> AsyncIterator[Post]:
    """Run a mail server for a while; ``port`` 0: any."""
    post = Post(**options)
    loop = asyncio.get_running_loop()
    made: list[SMTP] = []

    def build() -> SMTP:
        made.append(SMTP(post, hostname="post.test", loop=loop))
        return made[-1]

    server = await loop.create_server(build, "127.0.0.1", port)
    post.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield post
    finally:
        server.close()
        handlers = [one._handler_coroutine for one in made if one._handler_coroutine]
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        for one in made:
            if one.transport is not None:
                one.transport.abort()
        await server.wait_closed()


@dataclass
class Received:
    """One webhook as it arrived."""

    body: bytes
    headers: dict[str, str]


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Partner:
    """What a store system received; ``answer`` makes its reply."""

    received: list[Received] = field(default_factory=list)
    answer: Answer | None = None
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): text for name, text in request.headers.items()}
        self.received.append(Received(await request.read(), headers))
        if self.answer is not None:
            return await self.answer(request)
        return web.Response(status=204)


@asynccontextmanager
async def partner(answer: Answer | None = None) -> AsyncIterator[Partner]:
    """Run a store system for a while."""
    made = Partner(answer=answer)
    app = web.Application()
    app.router.add_post("/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"{site.name}/hook"
    try:
        yield made
    finally:
        await runner.cleanup()


def says(status: int, body: str = "", **headers: str) -> Answer:
    """Make an answer of a fixed status."""

    async def answer(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return web.Response(status=status, text=body, headers=named)

    return answer
