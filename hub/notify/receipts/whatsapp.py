"""WhatsApp's statuses of messages.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks (GET with
``hub.challenge``; X-Hub-Signature-256: HMAC-SHA256 of the body with the app's secret; a status
carries the ``biz_opaque_callback_data`` we gave).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.notify.channels.chatbot import UNREACHABLE, ChatbotSettings
from hub.notify.receipts import Desk, NotProven, Receipt, Report, What, part, same, text
from hub.notify.tools import Tools

SAYS = {"delivered": What.DELIVERED, "read": What.READ, "failed": What.FAILED}


def open_desk(tools: Tools) -> Desk | None:
    """Open the desk if the app's secret is set."""
    own = tools.own("chatbot", ChatbotSettings)
    if own is None or own.whatsapp_app_secret is None:
        return None
    word = own.whatsapp_verify_token
    return WhatsApp(
        own.whatsapp_app_secret.get_secret_value(), word.get_secret_value() if word else ""
    )


class WhatsApp:
    """The desk for WhatsApp's reports."""

    NAME = "whatsapp"
    CHANNEL = "chatbot"
    KIND = "chat"

    def __init__(self, secret: str, word: str) -> None:
        """Note the app's secret, and the word it is asked for when the door is opened."""
        self._secret, self._word = secret, word

    def prove(self, report: Report) -> None:
        """Check the signature over the body."""
        mac = hmac.new(self._secret.encode(), report.body, hashlib.sha256).hexdigest()
        same(report.headers.get("x-hub-signature-256", ""), f"sha256={mac}")

    def read(self, report: Report) -> Iterable[Receipt]:
        """Say what became of each message; what customers write is not for this door."""
        for entry in _list(report.json(), "entry"):
            for change in _list(entry, "changes"):
                for status in _list(part(change, "value") or {}, "statuses"):
                    yield from self._one(status, report)

    def greet(self, report: Report) -> bytes | None:
        """Give the challenge back to whoever knows the word."""
        asked = report.query
        try:
            same(asked.get("hub.verify_token", ""), self._word)
        except NotProven:
            return None
        return asked.get("hub.challenge", "").encode("ascii", "replace")[:200]

    def _one(self, status: Mapping[str, Any], report: Report) -> Iterable[Receipt]:
        name, said = text(status, "id"), text(status, "status")
        reference = text(status, "biz_opaque_callback_data") or name
        if said not in SAYS or not name:
            return
        first = next(iter(_list(status, "errors")), {})
        never = part(first, "code") in UNREACHABLE
        whom = text(status, "recipient_id").lstrip("+")
        yield Receipt(
            event=f"{name}:{said}",
            reference=reference,
            what=What.BOUNCED if never else SAYS[said],
            at=_moment(text(status, "timestamp"), report.received_at),
            addresses=[f"whatsapp:{whom}", f"whatsapp:+{whom}"] if whom else [],
            detail=f"{said} {text(first, 'code')}".strip(),
        )


def _list(table: Any, name: str) -> list[Mapping[str, Any]]:
    found = part(table, name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _moment(seconds: str, otherwise: datetime) -> datetime:
    return datetime.fromtimestamp(int(seconds[:11]), UTC) if seconds.isdecimal() else otherwise
