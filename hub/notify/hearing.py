"""What comes of a provider's report: a doubt is settled, an address closed, a consent withdrawn."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from hub.crashpoints import crashpoint
from hub.notify.receipts import LONGEST, Desk, Receipt, What
from hub.store import customers, receipts, suppressions
from hub.store.consents import EVERY, OFFERS, Entry
from hub.store.session import Store
from hub.telemetry import RECEIPTS, alert
from state_machine.milestones import Urgency

log = structlog.get_logger()
ARRIVED = frozenset({What.DELIVERED, What.READ})
OVER = frozenset({What.BOUNCED, What.COMPLAINED})


@dataclass(slots=True)
class Heard:
    """What was new in some reports."""

    new: list[tuple[str, What]] = field(default_factory=list)  #: each with its channel
    strange: int = 0  #: about messages nobody here has sent


async def hear(store: Store, desk: Desk, told: Iterable[Receipt], now: datetime) -> Heard:
    """Take reports in; durable when it returns. Raises ``StoreUnavailable``."""
    these = list(told)
    heard = await store.write(lambda c: _all(c, desk, these, now))
    for channel, what in heard.new:
        RECEIPTS.labels(channel, what).inc()
        if what is What.COMPLAINED:
            alert("complaint", channel=channel)
    new = len(heard.new)
    log.info(
        "receipts.heard", provider=desk.NAME, new=new, known=len(these) - new, strange=heard.strange
    )
    return heard


def _all(connection: Connection, desk: Desk, told: Iterable[Receipt], now: datetime) -> Heard:
    heard = Heard()
    for receipt in told:
        channel = desk.CHANNEL or receipt.channel
        attempt = receipts.attempt_of(connection, channel, receipt.reference[:LONGEST])
        if not receipts.add(connection, _row(desk.NAME, channel, receipt, attempt, now)):
            continue
        heard.new.append((channel, receipt.what))
        heard.strange += attempt is None
        crashpoint("receipts.hearing")
        if attempt is not None and receipt.what in ARRIVED:
            receipts.confirm(connection, attempt.notice_id, receipt.at)
        if receipt.what in OVER:
            _close(connection, desk, channel, receipt, now)
        if receipt.what is What.COMPLAINED and attempt is not None:
            _withdraw(connection, attempt.recipient, channel, now)
    return heard


def _row(
    provider: str, channel: str, receipt: Receipt, attempt: Any, now: datetime
) -> dict[str, Any]:
    detail = receipt.detail
    for address in receipt.addresses:
        detail = detail.replace(address, "…")
    return {
        "provider": provider,
        "event": receipt.event[:LONGEST],
        "channel": channel,
        "provider_ref": receipt.reference[:LONGEST],
        "what": receipt.what,
        "notice_id": attempt.notice_id if attempt is not None else None,
        "n": attempt.n if attempt is not None else None,
        "at": receipt.at,
        "received_at": now,
        "detail": detail[:500],
    }


def _close(
    connection: Connection, desk: Desk, channel: str, receipt: Receipt, now: datetime
) -> None:
    for address in filter(None, receipt.addresses):
        why = f"{receipt.what}: {receipt.detail.replace(address, '…')}".strip(": ")
        shut(connection, channel, desk.KIND, address, why=why, now=now)


def shut(
    connection: Connection, channel: str, kind: str, address: str, *, why: str, now: datetime
) -> None:
    """Write to an address no more; ``kind``: what customers call such addresses."""
    suppressions.close(connection, channel, address, why=why, now=now)
    customers.disable_address(connection, kind=kind, address=address, because=why, now=now)


def _withdraw(connection: Connection, contact: str, channel: str, now: datetime) -> None:
    """Whoever complains has withdrawn their consent to all messages by this channel, and offers."""
    found = customers.find(connection, contact)
    if found is None:
        return
    said = [
        Entry(channel=channel, message_class=one, given=False, at=now, source="complaint")
        for one in Urgency
    ]
    said.append(Entry(channel=EVERY, message_class=OFFERS, given=False, at=now, source="complaint"))
    customers.change(connection, customers.settle(connection, found, now), {}, said, now)
