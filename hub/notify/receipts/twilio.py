"""Twilio's status callbacks about SMS.

Sources: https://www.twilio.com/docs/usage/security (X-Twilio-Signature: HMAC-SHA1 over the address
and the sorted parameters), https://www.twilio.com/docs/messaging/guides/track-outbound-message-status.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from hub.notify.channels.sms import SmsSettings
from hub.notify.receipts import Desk, NotUnderstood, Receipt, Report, What, same
from hub.notify.standby import MAIN, STANDBY, named
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
    given = {MAIN: own, STANDBY: own.standby if own is not None else None}
    found = [
        Account(name, one.account, one.token.get_secret_value(), one.callback)
        for name, one in given.items()
        if one and one.url is None and one.account and one.token and one.callback
    ]
    return Twilio(*found) if found else None


@dataclass(frozen=True, slots=True)
class Account:
    """One account at Twilio that messages are sent by."""

    provider: str  #: as which it is set
    sid: str
    token: str
    address: str  #: of this desk as Twilio knows it: that is what it signs


class Twilio:
    """The desk for Twilio's reports."""

    NAME = "twilio"
    CHANNEL = "sms"
    KIND = "phone"

    def __init__(self, *accounts: Account) -> None:
        """Note the accounts whose messages are reported here."""
        self._accounts = accounts

    def prove(self, report: Report) -> None:
        """Check the signature over the address and every parameter."""
        form = parse_qsl(report.body.decode("utf-8", "replace"), keep_blank_values=True)
        said = "".join(name + value for name, value in sorted(form))
        same(
            report.headers.get("x-twilio-signature", ""),
            *(_signature(one.token, one.address + said) for one in self._accounts),
        )

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
            reference=named(self._provider(form), name),
            what=what,
            at=report.received_at,
            addresses=[form["To"]] if form.get("To") else [],
            detail=f"{status} {code}".strip(),
        )

    def greet(self, report: Report) -> bytes | None:
        """Twilio does not ask."""
        return None

    def _provider(self, form: Mapping[str, str]) -> str:
        of_account = (one.provider for one in self._accounts if one.sid == form.get("AccountSid"))
        return next(of_account, self._accounts[0].provider)


def _signature(token: str, signed: str) -> str:
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
