"""An e-mail as bytes (RFC 5322), and what may not stand in one."""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Mapping
from datetime import datetime
from email import policy
from email.header import Header
from email.parser import BytesHeaderParser
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache

from hub.notify.channels import DeliveryError, Message

LINE = 76  #: characters of a line that every mail server leaves alone
LONGEST = 254  #: characters of an address (RFC 5321 §4.5.3.1.3, less the angle brackets)
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
#: what may be added: how to be left out (RFC 2369, 8058), what a relay asks for
ADDED = re.compile(r"List-[A-Za-z-]+|X-[A-Za-z0-9-]+")
IMAGE = re.compile(r"[a-z0-9-]{1,60}")
#: what each letter carries, and nothing besides: a header more has been smuggled in
HEADERS = frozenset(
    {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Language",
        "MIME-Version",
        "Content-Type",
    }
)


def address(text: str) -> str:
    """Return the one bare address in ``text``, its domain in ASCII.

    Raises ``DeliveryError`` (permanent) for lists, display names, comments, quoted local parts and
    everything else that two programmes could read as two addresses.
    """
    local, _, domain = text.strip(" ").rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    good = LOCAL.fullmatch(local) and len(local) <= 64 and all(map(LABEL.fullmatch, labels))
    if not good or "=?" in local or len(f"{local}@{ascii_domain}") > LONGEST:
        raise DeliveryError("the e-mail address is not a single plain address", permanent=True)
    return f"{local}@{ascii_domain}"


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of a notice: the same for every attempt."""
    return f"<{key[:32]}@{sender.rpartition('@')[2].encode('idna').decode()}>"


def compose(message: Message, *, mail_from: str, now: datetime) -> bytes:
    """Write the letter.

    In: the message, the ``Name <address>`` it comes from, the moment it is dated. Out: bytes with
    CRLF lines, all ASCII. Raises ``DeliveryError`` (permanent) when a header would not survive.
    """
    to = address(message.to)
    own = (message.subject, message.sender, message.language, *message.headers.values())
    for text in (mail_from, *own):
        refuse_smuggled(text)
    # A boundary with "=_" in it cannot occur in a part: there "=" is followed by a hex digit.
    boundary = f"=_{message.key[:32]}"
    answered = {"Reply-To": address(message.reply_to)} if message.reply_to else {}
    headers = {
        "From": _sender(mail_from, message.sender),
        "To": to,
        "Subject": _words("Subject", message.subject),
        "Date": format_datetime(now),
        "Message-ID": message_id(message.key, parseaddr(mail_from)[1]),
        "Auto-Submitted": "auto-generated",  # RFC 3834: out-of-office programmes keep still
        **answered,
        **{name: _unbroken(name, text) for name, text in message.headers.items()},
        "Content-Language": _words("Content-Language", message.language),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    lines = [f"{name}: {text}" for name, text in headers.items()]
    lines += ["", *_part(boundary, "plain", message.text), *_page(boundary, message)]
    written = "\r\n".join([*lines, f"--{boundary}--", ""]).encode("ascii")
    named = set(filter(ADDED.fullmatch, message.headers)) | answered.keys()
    _check(written, to=to, expected=HEADERS | named)
    return written


@lru_cache(maxsize=64)
def _sender(mail_from: str, shop: str) -> str:
    """Write who it comes from, the name in encoded words if it needs them (RFC 2047)."""
    own, plain = parseaddr(mail_from)
    name = shop or own
    if name.isascii():
        return formataddr((name, address(plain)))
    return f"{_words('From', name)} <{address(plain)}>"


def _words(name: str, text: str) -> str:
    """Write the text of a header: as it is if it may stand there, else in encoded words."""
    if text.isascii() and len(name) + len(text) < LINE:
        return text
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, maxlinelen=LINE, header_name=name).encode(linesep="\r\n")


def _unbroken(name: str, text: str) -> str:
    """Write a header that programmes read: a link in it stays on one line (RFC 5322: 998 signs)."""
    return text if text.isascii() and len(name) + len(text) < 990 else _words(name, text)


def _part(boundary: str, kind: str, text: str) -> Iterator[str]:
    """Yield the lines of a part, as quoted-printable, which leaves most of it readable."""
    body = b"\r\n".join([*text.encode("utf-8", "replace").splitlines(), b""])
    yield f"--{boundary}"
    yield f'Content-Type: text/{kind}; charset="utf-8"'
    yield "Content-Transfer-Encoding: quoted-printable"
    yield ""
    yield b2a_qp(body, istext=True).decode("ascii")


def _page(boundary: str, message: Message) -> Iterator[str]:
    """Yield the HTML, together with the pictures it calls by name (RFC 2387)."""
    if not message.images:
        yield from _part(boundary, "html", message.html)
        return
    inner = f"=_r{message.key[:31]}"  # neither boundary is the beginning of the other
    yield f"--{boundary}"
    yield f'Content-Type: multipart/related; type="text/html"; boundary="{inner}"'
    yield ""
    yield from _part(inner, "html", message.html)
    yield from _pictures(inner, message.images)
    yield f"--{inner}--"


def _pictures(boundary: str, images: Mapping[str, bytes]) -> Iterator[str]:
    for name, png in images.items():
        if not IMAGE.fullmatch(name):
            raise DeliveryError(f"a picture cannot be called {name[:60]!r}", permanent=True)
        yield f"--{boundary}"
        yield "Content-Type: image/png"
        yield "Content-Transfer-Encoding: base64"
        yield f"Content-ID: <{name}@tilanne>"
        yield f'Content-Disposition: inline; filename="{name}.png"'
        yield ""
        yield encodebytes(png).decode("ascii").replace("\n", "\r\n")


def refuse_smuggled(text: str) -> None:
    """Refuse what could grow into a header of its own.

    Besides line ends this is ``=?``: the standard library decodes an encoded word inside the text
    it is given, and older versions write a line end that was hidden in it (CVE-2024-6923).
    """
    if "=?" in text or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise DeliveryError("a header holds a line end or an encoded word", permanent=True)


def _check(written: bytes, *, to: str, expected: frozenset[str]) -> None:
    """Read the letter as a mail server would: exactly our headers, each once, to one address."""
    head, _, _ = written.partition(b"\r\n\r\n")
    read = BytesHeaderParser(policy=policy.compat32).parsebytes(head)
    names = read.keys()
    if set(names) != expected or len(names) != len(expected) or read["To"] != to:
        raise DeliveryError("the letter would carry headers that are not ours", permanent=True)
