"""An e-mail of the local mailbox, taken apart for reading."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass(frozen=True, slots=True)
class Letter:
    """What a reader sees of an e-mail."""

    id: int
    stored_at: datetime
    message_id: str
    subject: str
    sender: str
    to: str
    language: str
    text: str
    html: str


def letter(row: Any) -> Letter:
    """Read a row of the mailbox (id, stored_at, message)."""
    message = message_from_bytes(row.message, policy=policy.default)
    return Letter(
        id=row.id,
        stored_at=row.stored_at,
        message_id=str(message["Message-ID"] or ""),
        subject=str(message["Subject"] or "(no subject)"),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        language=str(message["Content-Language"] or ""),
        text=_part(message, "plain"),
        html=_with_pictures(message, _part(message, "html")),
    )


def _with_pictures(message: EmailMessage, html: str) -> str:
    """Put the pictures that the HTML calls by their ids into it, as a mail programme does."""
    for part in message.walk():
        name = str(part["Content-ID"] or "").strip("<> ")
        content = part.get_payload(decode=True)
        if name and part.get_content_type() == "image/png" and isinstance(content, bytes):
            data = f"data:image/png;base64,{b64encode(content).decode()}"
            html = html.replace(f"cid:{name}", data)
    return html


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
