"""Postmark's webhooks about e-mail that it relayed.

Sources: https://postmarkapp.com/developer/webhooks/webhooks-overview (no signature: a password in
the address, sent as Basic), .../bounce-webhook (types of bounces). It names a letter by its
``Metadata``, so it has to be given one:
``TILANNE_CHANNELS__EMAIL__HEADERS='{"X-PM-Metadata-notice": "{key}"}'``.
"""

from collections.abc import Iterable

from hub.notify.receipts import Desk, Receipt, Report, What, text
from hub.notify.reported import Letters
from hub.notify.tools import Tools

SAYS = {
    "Delivery": What.DELIVERED,
    "Open": What.READ,
    "SpamComplaint": What.COMPLAINED,
    "Bounce": What.FAILED,
}
NEVER = frozenset({"HardBounce", "BadEmailAddress", "ManuallyDeactivated", "AddressChange"})
LATER = frozenset({"Transient", "SoftBounce", "DnsError", "AutoResponder", "ChallengeVerification"})
AGAINST = frozenset({"SpamNotification", "SpamComplaint", "Unsubscribe"})


def open_desk(tools: Tools) -> Desk | None:
    """Open the desk if its password is set."""
    return Postmark.opened(tools)


class Postmark(Letters):
    """The desk for Postmark's reports."""

    NAME = "postmark"

    def read(self, report: Report) -> Iterable[Receipt]:
        """Say what became of one letter."""
        said = report.json()
        record, kind = text(said, "RecordType"), text(said, "Type")
        key, name = text(said, "Metadata", "notice"), text(said, "MessageID")
        what = SAYS.get(record)
        if what is None or not name:
            return
        if record == "Bounce":
            what = _bounce(kind)
        whom = text(said, "Recipient") or text(said, "Email")
        yield Receipt(
            event=f"{record}:{kind}:{text(said, 'ID') or name}:{what}",
            reference=self.reference(key) or name,
            what=what,
            at=report.received_at,
            addresses=[whom] if whom else [],
            detail=f"{record} {kind}".strip(),
        )


def _bounce(kind: str) -> What:
    if kind in NEVER:
        return What.BOUNCED
    if kind in AGAINST:
        return What.COMPLAINED
    return What.DELAYED if kind in LATER else What.FAILED
