"""E-mail to the customer: over SMTP, or into the local mailbox when no server is configured.

Sources: RFC 5321 (a reply of 4xx may be tried again, 5xx not; §4.5.3.2.6: ten minutes for the
answer to the message), RFC 3207 (STARTTLS, used when offered), RFC 3461 (asking for a report).
"""

from collections.abc import Sequence
from dataclasses import replace
from email.utils import getaddresses, parseaddr

import aiosmtplib
from pydantic import Field, SecretStr

from hub.clock import Clock
from hub.crashpoints import crashpoint
from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.caps import Caps
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.letter import address, compose, message_id, refuse_smuggled
from hub.notify.mail_lines import FAILURES, GONE, Line, Lines, said
from hub.notify.standby import Providers
from hub.notify.tools import Own, Tools

REPLY = 30.0  #: seconds for every answer but the last
LAST_REPLY = 600.0  #: seconds for the answer to the message itself


class EmailSettings(Own):
    """Of e-mail, besides TILANNE_SMTP_URL and TILANNE_MAIL_FROM."""

    #: where reports of undelivered mail go (the envelope's sender); the sender's address if unset
    return_path: str | None = None
    #: headers a relay wants (``X-…``); ``{key}``: what stands before the @ in the Message-ID
    headers: dict[str, str] = Field(default_factory=dict)
    recipient_cap: int | None = Field(default=None, ge=1)  #: letters to one customer in a day
    standby: SecretStr | None = None  #: the server that gets what TILANNE_SMTP_URL's does not take


def open_channel(tools: Tools) -> seam.Channel:
    """Open the channel that the settings ask for; ``ValueError`` names a setting that is wrong."""
    settings, own = tools.settings, tools.own("email", EmailSettings) or EmailSettings()
    senders = getaddresses([settings.mail_from])
    try:
        refuse_smuggled(settings.mail_from)
        address(senders[0][1] if len(senders) == 1 else "")
    except DeliveryError as error:
        raise ValueError(f"TILANNE_MAIL_FROM must hold one plain address: {error}") from error
    if settings.smtp_url is None:
        return Mailbox(tools, mail_from=settings.mail_from)
    return Smtp(
        settings.smtp_url.get_secret_value(),
        mail_from=settings.mail_from,
        clock=tools.clock,
        on_ambiguous=settings.on_ambiguous,
        own=own,
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
    on_ambiguous: seam.OnAmbiguous = "hold"


class Mailbox(Email):
    """The local mailbox: a row for each letter, once per Message-ID."""

    deduplicates = True
    on_ambiguous: seam.OnAmbiguous = "resend"

    def __init__(self, tools: Tools, *, mail_from: str) -> None:
        """Note where letters are kept."""
        self._keep = tools.keep_mail
        self._clock = tools.clock
        self._from = mail_from

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Keep the letter; return its Message-ID."""
        letter = compose(message, mail_from=self._from, now=self._clock())
        name = message_id(message.key, parseaddr(self._from)[1])
        await handing(name)
        await self._keep(name, letter)
        crashpoint("email.kept")
        return Accepted(name)

    async def close(self) -> None:
        """Nothing is open."""


class Smtp(Email):
    """A mail server; what it reports later names the letter by its Message-ID."""

    def __init__(
        self,
        url: str,
        *,
        mail_from: str,
        clock: Clock,
        on_ambiguous: seam.OnAmbiguous = "hold",
        own: EmailSettings | None = None,
        reply: float = REPLY,
        last: float = LAST_REPLY,
    ) -> None:
        """Read ``smtp://[user:password@]host[:port]`` or ``smtps://…``."""
        own = own or EmailSettings()
        self.on_ambiguous = on_ambiguous
        self.caps = Caps(own.recipient_cap)
        standby = Lines(own.standby.get_secret_value(), reply=reply) if own.standby else None
        self._providers = Providers(self.NAME, Lines(url, reply=reply), standby, clock)
        self._from = mail_from
        self._headers = own.headers
        self._return_path = address(own.return_path or parseaddr(mail_from)[1])
        self._clock = clock
        self._last = last

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Hand the letter to the server; return its answer. Raises ``DeliveryError``."""
        key = message.key[:32]
        extra = {name: text.replace("{key}", key) for name, text in self._headers.items()}
        message = replace(message, headers={**message.headers, **extra})
        letter = compose(message, mail_from=self._from, now=self._clock())
        name = message_id(message.key, parseaddr(self._from)[1])
        to = address(message.to)

        async def by(_: str, server: Lines) -> Accepted:
            try:
                async with server.line() as line:
                    return await self._over(line, letter, handing, to=to, name=name)
            except _Stale:  # it had rested too long, and nothing was said on it yet
                async with server.line(kept=False) as line:
                    return await self._over(line, letter, handing, to=to, name=name)

        return await self._providers.first(by)

    async def close(self) -> None:
        """Hang up."""
        for server in self._providers.by_name.values():
            await server.hang_up()

    async def _over(
        self, line: Line, letter: bytes, handing: Handing, *, to: str, name: str
    ) -> Accepted:
        await self._envelope(line, to=to, size=len(letter), key=name.strip("<>").partition("@")[0])
        crashpoint("email.recipient")
        # From here on the server may have it without our ever hearing so.
        await handing(name)
        answer = await self._content(line, letter)
        crashpoint("email.accepted")
        line.letters += 1
        line.free = True
        return Accepted(name, answer)

    async def _envelope(self, line: Line, *, to: str, size: int, key: str) -> None:
        server = line.server
        asked = server.supports_extension("dsn")
        options = [f"size={size}"] if server.supports_extension("size") else []
        options += ["RET=HDRS", f"ENVID={key}"] if asked else []
        try:
            await server.mail(self._return_path, options=options)
            await server.rcpt(to, options=["NOTIFY=FAILURE,DELAY"] if asked else None)
        except aiosmtplib.SMTPResponseException as error:
            raise _Stale if line.letters and error.code == 421 else _refused(error) from error
        except FAILURES as error:
            if line.letters:
                raise _Stale from error
            raise DeliveryError(f"the mail server went away: {said(error)}") from error

    async def _content(self, line: Line, letter: bytes) -> str:
        try:
            answer = await line.server.data(letter, timeout=self._last)
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except FAILURES as error:
            silence = f"the mail server did not say: {said(error)}"
            raise DeliveryError(silence, ambiguous=True) from error
        return " ".join(f"{answer.code} {answer.message}".split())[:200]


class _Stale(Exception):
    """The server had hung up before this letter began."""


def _refused(error: aiosmtplib.SMTPResponseException) -> DeliveryError:
    words = f"{error.code} {error.message}".split()
    permanent = 500 <= error.code < 600
    gone = permanent and bool(GONE & set(words[1:2]))
    return DeliveryError(" ".join(words)[:200], permanent=permanent, gone=gone)
