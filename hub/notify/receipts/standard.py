"""Reports of any provider, or of a little programme in between, signed as Standard Webhooks.

``{"type": "receipt", "data": {"channel", "reference", "what", "provider"?, "at"?, "address"?,
"detail"?}}``; the ``webhook-id`` is what makes a report the same one; ``provider``: ``standby`` for
messages of the second provider of SMS.
"""

from collections.abc import Iterable

from connectors.contract import BadSignature, Raw
from connectors.signatures import verify_standard_webhook
from connectors.timestamps import with_offset
from hub.notify import channels
from hub.notify.receipts import Desk, NotProven, NotUnderstood, Receipt, Report, What, text
from hub.notify.standby import MAIN, STANDBY, named
from hub.notify.tools import Tools


def open_desk(tools: Tools) -> Desk | None:
    """Open the desk if its secret is set."""
    secrets = tools.settings.secrets_of("receipts")
    return Standard(*secrets) if secrets else None


class Standard:
    """The desk for reports in our own words."""

    NAME = "standard"
    CHANNEL = ""  #: each report says it
    KIND = ""

    def __init__(self, *secrets: str) -> None:
        """Note the secrets that are valid now."""
        self._secrets = secrets

    def prove(self, report: Report) -> None:
        """Check the signature over id, time and body."""
        raw = Raw(
            report.body,
            dict(report.headers),
            received_at=report.received_at,
            source=self.NAME,
            connector=self.NAME,
        )
        for secret in self._secrets:
            try:
                verify_standard_webhook(raw, secret)
            except BadSignature:
                continue
            return
        raise NotProven

    def read(self, report: Report) -> Iterable[Receipt]:
        """Say what is reported of one message."""
        data = report.json().get("data")
        if not isinstance(data, dict) or not text(data, "reference"):
            raise NotUnderstood("data.reference is missing: what the provider calls the message")
        if text(data, "channel") not in channels.names():
            raise NotUnderstood(f"data.channel must be one of {', '.join(channels.names())}")
        if text(data, "what") not in set(What):
            raise NotUnderstood(f"data.what must be one of {', '.join(What)}")
        provider = text(data, "provider") or MAIN
        if provider not in {MAIN, STANDBY}:
            raise NotUnderstood(f"data.provider must be {MAIN} or {STANDBY}")
        at = report.received_at
        if written := text(data, "at"):
            try:
                at = with_offset(written[:40]).at
            except ValueError as error:
                raise NotUnderstood(f"data.at: {error}") from None
        yield Receipt(
            event=report.headers["webhook-id"],
            reference=named(provider, text(data, "reference")),
            what=What(text(data, "what")),
            at=at,
            addresses=[text(data, "address")] if text(data, "address") else [],
            detail=text(data, "detail"),
            channel=text(data, "channel"),
        )

    def greet(self, report: Report) -> bytes | None:
        """Nobody asks."""
        return None
