"""E-mail to the customer: over SMTP, or into the local mailbox when no server is configured.

Sources: RFC 5321 (a reply of 4xx may be tried again, 5xx not; §4.5.3.2.6: ten minutes for the
answer to the message), RFC 3207 (STARTTLS, used when offered).
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from email.utils import getaddresses, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from hub.clock import Clock
from hub.crashpoints import crashpoint
from hub.notify import retry
from hub.notify.channels import Audience, Channel, DeliveryError, Form, Handing, Message, Tools
from hub.notify.letter import address, compose, message_id, refuse_smuggled

REPLY = 30.0  #: seconds for every answer but the last
LAST_REPLY = 600.0  #: seconds for the answer to the message itself


def open_channel(tools: Tools) -> Channel:
    """Open the channel that the settings ask for; ``ValueError`` names a setting that is wrong."""
    settings = tools.settings
    senders = getaddresses([settings.mail_from])
    try:
        refuse_smuggled(settings.mail_from)
        address(senders[0][1] if len(senders) == 1 else "")
    except DeliveryError as error:
        raise ValueError(f"TILANNE_MAIL_FROM must hold one plain address: {error}") from error
    if settings.smtp_url is None:
        return Mailbox(tools, mail_from=settings.mail_from)
    return Smtp(
        settings.smtp_url.get_secret_value(), mail_from=settings.mail_from, clock=tools.clock
    )


class Email:
    """What the two ways of sending e-mail share."""

    NAME = "email"
    AUDIENCE = Audience.CUSTOMER
    FORM = Form.LETTER
    ADDRESS = "email"
    MISSING = "no e-mail address known"
    SCHEDULE: Sequence[float] = retry.MAIL
    DEADLINE = LAST_REPLY + 6 * REPLY
    AT_ONCE = 16
    deduplicates = False


class Mailbox(Email):
    """The local mailbox: a row for each letter, once per Message-ID."""

    deduplicates = True

    def __init__(self, tools: Tools, *, mail_from: str) -> None:
        """Note where letters are kept."""
        self._keep = tools.keep_mail
        self._clock = tools.clock
        self._from = mail_from

    async def send(self, message: Message, handing: Handing) -> str:
        """Keep the letter; return its Message-ID."""
        letter = compose(message, mail_from=self._from, now=self._clock())
        name = message_id(message.key, parseaddr(self._from)[1])
        await handing()
        await self._keep(name, letter)
        crashpoint("email.kept")
        return name

    async def close(self) -> None:
        """Nothing is open."""


class Smtp(Email):
    """A mail server, one connection per letter."""

    def __init__(
        self,
        url: str,
        *,
        mail_from: str,
        clock: Clock,
        reply: float = REPLY,
        last: float = LAST_REPLY,
    ) -> None:
        """Read ``smtp://[user:password@]host[:port]`` or ``smtps://…``."""
        self._server = _server(url)
        self._from = mail_from
        self._clock = clock
        self._reply = reply
        self._last = last

    async def send(self, message: Message, handing: Handing) -> str:
        """Hand the letter to the server; return its answer. Raises ``DeliveryError``."""
        letter = compose(message, mail_from=self._from, now=self._clock())
        to, sender = address(message.to), parseaddr(self._from)[1]
        server = await self._connect()
        try:
            await self._envelope(server, sender=sender, to=to, size=len(letter))
            crashpoint("email.recipient")
            # From here on the server may have it without our ever hearing so.
            await handing()
            answer = await self._content(server, letter)
            crashpoint("email.accepted")
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await server.quit(timeout=2)  # a courtesy; the letter is accepted already
            return answer
        finally:
            server.close()

    async def close(self) -> None:
        """No connection outlives its letter."""

    async def _connect(self) -> aiosmtplib.SMTP:
        parts = self._server
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
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, TimeoutError) as error:
            server.close()  # a server that lets nobody in is no fault of this letter
            raise DeliveryError(f"no connection to the mail server: {_said(error)}") from error
        return server

    async def _envelope(self, server: aiosmtplib.SMTP, *, sender: str, to: str, size: int) -> None:
        options = [f"size={size}"] if server.supports_extension("size") else []
        try:
            await server.mail(sender, options=options)
            await server.rcpt(to)
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise DeliveryError(f"the mail server went away: {_said(error)}") from error

    async def _content(self, server: aiosmtplib.SMTP, letter: bytes) -> str:
        try:
            answer = await server.data(letter, timeout=self._last)
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise DeliveryError(
                f"the mail server did not say: {_said(error)}", ambiguous=True
            ) from error
        return " ".join(f"{answer.code} {answer.message}".split())[:200]


def _refused(error: aiosmtplib.SMTPResponseException) -> DeliveryError:
    said = " ".join(f"{error.code} {error.message}".split())[:200]
    return DeliveryError(said, permanent=500 <= error.code < 600)


def _said(error: BaseException) -> str:
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
