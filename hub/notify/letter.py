"""An e-mail as bytes (RFC 5322), and what may not stand in one."""

import re
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime, parseaddr

from hub.notify.channels import DeliveryError, Message

LONGEST = 254  #: characters of an address (RFC 5321 §4.5.3.1.3, less the angle brackets)
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
LIST = re.compile(r"List-[A-Za-z-]+")  #: how to be left out (RFC 2369): the one thing to be added
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
    return f"<{key[:32]}@{sender.rpartition('@')[2]}>"


def compose(message: Message, *, mail_from: str, now: datetime) -> bytes:
    """Write the letter.

    In: the message, the ``Name <address>`` it comes from, the moment it is dated. Out: bytes with
    CRLF lines, all ASCII. Raises ``DeliveryError`` (permanent) when a header would not survive.
    """
    to = address(message.to)
    for text in (mail_from, message.subject, message.language, *message.headers.values()):
        refuse_smuggled(text)
    letter = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    letter["From"] = mail_from
    letter["To"] = to
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = message_id(message.key, parseaddr(mail_from)[1])
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office programmes keep still
    for name, text in message.headers.items():
        letter[name] = text
    letter.set_content(message.text)
    letter.add_alternative(message.html, subtype="html")
    letter["Content-Language"] = message.language  # setting the content drops what describes it
    try:
        written = letter.as_bytes()
    except MessageError as error:  # what newer versions of the library say to a smuggled header
        raise DeliveryError(f"a header cannot be written: {error}", permanent=True) from error
    _check(written, to=to, expected=HEADERS | set(filter(LIST.fullmatch, message.headers)))
    return written


def refuse_smuggled(text: str) -> None:
    """Refuse what could grow into a header of its own.

    Besides line ends this is ``=?``: the standard library decodes an encoded word inside the text
    it is given, and older versions write a line end that was hidden in it (CVE-2024-6923).
    """
    if "=?" in text or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise DeliveryError("a header holds a line end or an encoded word", permanent=True)


def _check(written: bytes, *, to: str, expected: frozenset[str]) -> None:
    """Read the letter as a mail server would: exactly our headers, each once, to one address."""
    read = BytesHeaderParser(policy=policy.SMTP).parsebytes(written)
    names = read.keys()
    if set(names) != expected or len(names) != len(expected) or str(read["To"]) != to:
        raise DeliveryError("the letter would carry headers that are not ours", permanent=True)
