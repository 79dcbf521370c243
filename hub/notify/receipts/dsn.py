"""Letters in which mail servers report about letters: not delivered (RFC 3464), unwanted (5965).

Whoever takes in the mail of the envelope's sender posts each letter here as it came, with
``Authorization: Bearer <TILANNE_SECRETS__DSN>``.
"""

from collections.abc import Iterable, Iterator
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parseaddr
from hashlib import sha256

from hub.notify.mail_lines import GONE
from hub.notify.receipts import Desk, NotUnderstood, Receipt, Report, What
from hub.notify.reported import Letters
from hub.notify.tools import Tools

SAYS = {"delivered": What.DELIVERED, "delayed": What.DELAYED, "failed": What.FAILED}
#: nothing will arrive there; the rest is about this letter. Of a report 5.0.0 is all some say
NEVER = GONE | {"5.0.0"}


def open_desk(tools: Tools) -> Desk | None:
    """Open the desk if its secret is set."""
    return Dsn.opened(tools)


class Dsn(Letters):
    """The desk for letters about letters."""

    NAME = "dsn"

    def read(self, report: Report) -> Iterable[Receipt]:
        """Say what is reported of each recipient; of another letter, nothing."""
        letter = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(report.body)
        if letter.get_content_type() != "multipart/report":
            raise NotUnderstood("this letter is no report (multipart/report)")
        for what, whom, detail, key in _said(letter):
            reference = self.reference(key) or _original(letter)
            if not reference:
                continue
            told = f"{reference}\n{whom}\n{what}\n{detail}".encode("utf-8", "replace")
            yield Receipt(
                event=sha256(told).hexdigest(),
                reference=reference,
                what=what,
                at=report.received_at,
                addresses=[whom] if whom else [],
                detail=detail,
            )


def _said(letter: EmailMessage) -> Iterator[tuple[What, str, str, str]]:
    """Yield what is said, of whom, the code, and the key if the envelope carried it (RFC 3461)."""
    for part in letter.walk():
        kind = part.get_content_type()
        blocks = [one for one in part.get_payload() or [] if isinstance(one, Message)]
        if kind == "message/delivery-status" and part.is_multipart() and blocks:
            key = _bare(blocks[0]["Original-Envelope-Id"])
            for block in blocks:
                if (action := _bare(block["Action"]).lower()) in SAYS:
                    status = _bare(block["Status"]).split(" ")[0]
                    what = What.BOUNCED if _never(action, status) else SAYS[action]
                    yield what, _whom(block["Final-Recipient"]), f"{action} {status}", key
        if kind == "message/feedback-report":
            source = blocks[0] if blocks else _fields(part)
            yield What.COMPLAINED, _whom(source["Original-Rcpt-To"]), "complained", ""


def _never(action: str, status: str) -> bool:
    return action == "failed" and status in NEVER


def _whom(field: object) -> str:
    address = _bare(field).rpartition(";")[2].strip()
    return parseaddr(address)[1].lower() if "@" in address else ""


def _original(letter: EmailMessage) -> str:
    """Return the Message-ID of the letter that came back, whole or by its headers."""
    for part in letter.walk():
        if part.get_content_type() == "message/rfc822":
            return next((_bare(one["Message-ID"]) for one in part.iter_parts()), "")
        if part.get_content_type() == "text/rfc822-headers":
            return _bare(_fields(part)["Message-ID"])
    return ""


def _fields(part: Message) -> Message:
    """Read the header fields that a part consists of."""
    content = part.get_payload(decode=True)
    return BytesParser().parsebytes(content if isinstance(content, bytes) else b"")


def _bare(field: object) -> str:
    return " ".join(str(field or "").split())[:255]
