"""Twilio's status callbacks about SMS.

Sources: https://www.twilio.com/docs/usage/security (X-Twilio-Signature: HMAC-SHA1 over the address
and the sorted parameters), https://www.twilio.com/docs/messaging/guides/track-outbound-message-status.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import parse_qsl

from hub.notify.channels.sms import SmsSettings
from hub.notify.receipts import Desk, NotUnderstood, Receipt, Report, What, same
from hub.notify.tools import Tools

SAYS = {
    "delivered": What.DELIVERED,
    "read": What.READ,
    "undelivered": What.FAILED,
    "failed": What.FAILED,
}
#: error codes of a number that nothing will arrive at: unknown, a landline, no mobile phone
NEVER = frozenset({"30005", "30006", "21211", "21614"})
STOP = "21610"  #: the recipient has answered STOP


def open_desk(tools: Tools) -> Desk | None:
    """Open the desk if Twilio is asked to report here."""
    own = tools.own("sms", SmsSettings)
    if own is None or own.url is not None or own.token is None or own.callback is None:
        return None
    return Twilio(own.token.get_secret_value(), own.callback)


class Twilio:
    """The desk for Twilio's reports."""

    NAME = "twilio"
    CHANNEL = "sms"
    KIND = "phone"

    def __init__(self, token: str, address: str) -> None:
        """Note the secret, and the address as Twilio knows it: that is what it signs."""
        self._token, self._address = token, address

    def prove(self, report: Report) -> None:
        """Check the signature over the address and every parameter."""
        form = parse_qsl(report.body.decode("utf-8", "replace"), keep_blank_values=True)
        signed = self._address + "".join(name + value for name, value in sorted(form))
        mac = hmac.new(self._token.encode(), signed.encode(), hashlib.sha1).digest()
        same(report.headers.get("x-twilio-signature", ""), b64encode(mac).decode())

    def read(self, report: Report) -> Iterable[Receipt]:
        """Say what became of one message."""
        form = dict(parse_qsl(report.body.decode("utf-8", "replace")))
        name, status = form.get("MessageSid"), form.get("MessageStatus")
        if not name or not status:
            raise NotUnderstood("MessageSid and MessageStatus are missing")
        if status not in SAYS:
            return  # queued, sending, sent: it is on its way, as we know
        code, what = form.get("ErrorCode", ""), SAYS[status]
        if what is What.FAILED and code in NEVER:
            what = What.BOUNCED
        if what is What.FAILED and code == STOP:
            what = What.COMPLAINED
        yield Receipt(
            event=f"{name}:{status}",
            reference=name,
            what=what,
            at=report.received_at,
            addresses=[form["To"]] if form.get("To") else [],
            detail=f"{status} {code}".strip(),
        )

    def greet(self, report: Report) -> bytes | None:
        """Twilio does not ask."""
        return None
