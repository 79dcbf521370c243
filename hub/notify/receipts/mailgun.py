"""Mailgun's webhooks about e-mail that it relayed.

Source: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks (HMAC-SHA256 over
``timestamp`` and ``token`` with the signing key; ``message.headers.message-id`` as we wrote it).
The signature does not cover what is reported: that is left to TLS, as it is with a password.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hub.notify.receipts import Desk, NotProven, Receipt, Report, What, part, same, text
from hub.notify.tools import Tools

SAYS = {
    "delivered": What.DELIVERED,
    "opened": What.READ,
    "complained": What.COMPLAINED,
    "unsubscribed": What.COMPLAINED,
}
OLD = timedelta(hours=12)  #: Mailgun goes on trying for eight hours


def open_desk(tools: Tools) -> Desk | None:
    """Open the desk if the signing key is set."""
    secrets = tools.settings.secrets_of("mailgun")
    return Mailgun(*secrets) if secrets else None


class Mailgun:
    """The desk for Mailgun's reports."""

    NAME = "mailgun"
    CHANNEL = "email"
    KIND = "email"

    def __init__(self, *secrets: str) -> None:
        """Note the signing keys that are valid now."""
        self._secrets = secrets

    def prove(self, report: Report) -> None:
        """Check the signature, and that it is of today."""
        proof = part(report.json(), "signature")
        stamp, token = text(proof or {}, "timestamp"), text(proof or {}, "token")
        if not stamp.isdecimal() or len(stamp) > 11 or not token:
            raise NotProven
        if abs(report.received_at - datetime.fromtimestamp(int(stamp), UTC)) > OLD:
            raise NotProven
        signed = f"{stamp}{token}".encode()
        macs = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in self._secrets]
        same(text(proof or {}, "signature"), *macs)

    def read(self, report: Report) -> Iterable[Receipt]:
        """Say what became of one letter."""
        data = part(report.json(), "event-data") or {}
        name, event = text(data, "message", "headers", "message-id"), text(data, "event")
        what = SAYS.get(event)
        if event == "failed":
            what = What.BOUNCED if text(data, "severity") == "permanent" else What.DELAYED
            if text(data, "reason") in {"old", "generic", "espblock", "suppress-complaint"}:
                what = What.FAILED if what is What.BOUNCED else what
        if what is None or not name:
            return
        proof = part(report.json(), "signature") or {}
        yield Receipt(
            event=text(data, "id") or text(proof, "token"),
            reference=f"<{name.strip('<>')}>",
            what=what,
            at=report.received_at,
            addresses=[text(data, "recipient")],
            detail=f"{event} {text(data, 'delivery-status', 'code')}".strip(),
        )

    def greet(self, report: Report) -> bytes | None:
        """Mailgun does not ask."""
        return None
