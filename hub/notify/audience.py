"""Who is told of a change, in which language, and who is not, with the reason written down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.catalogues import SOURCE, Catalogues
from hub.config import Settings
from hub.notify import channels as seam
from hub.notify.channels import Audience, Channel
from hub.notify.staleness import told_of, too_old
from state_machine.milestones import Told, Urgency

#: who stands for the customer while nobody knows who that is
NOBODY = "customer"
#: how long a notice without an address waits for one; what comes later is no news
WAIT = timedelta(minutes=15)
#: milestones a customer hears of in the words of another one
SAID_WITH: Mapping[Told, Told] = {Told.FIRST_IN_TRANSIT: Told.SHIPPED}


@dataclass(frozen=True, slots=True)
class House:
    """What decides about audiences besides the change itself."""

    settings: Settings
    channels: Mapping[str, Channel]
    catalogues: Catalogues

    def language(self, wanted: str | None, shop: str | None) -> str:
        """Choose the language of a person; the shop's if theirs is not known or not ours."""
        default = self.settings.shop(shop or "").language
        return self.catalogues.negotiate(wanted, default=default)


def audience(row: Any, house: House, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the notices of a change, one per channel and recipient.

    In: an outbox row with the shop and the person (``hub.store.outbox.unplanned``). Out: rows of
    the table of notices, due or suppressed with the reason.
    """
    for name, channel in house.channels.items():
        reason = why_not(row, channel, house.settings, now)
        if channel.AUDIENCE is Audience.CUSTOMER:
            yield _to_customer(row, channel, house, reason, now)
            continue
        for sink in house.settings.sinks:
            if sink.shops is None or row.shop in sink.shops:
                yield notice(row, name, sink.name, SOURCE, reason=reason, now=now)


def why_not(row: Any, channel: seam.Channel, settings: Settings, now: datetime) -> str | None:
    """Say why nobody on a channel is told of a change, whatever their address; None: they are."""
    told = told_of(row.milestone)
    if row.silent is not None:
        return str(row.silent)
    if (old := too_old(row, settings, now)) is not None:
        return old
    if channel.AUDIENCE is Audience.CUSTOMER and told is not None:
        if told in SAID_WITH:
            return f"said with {SAID_WITH[told]}"
        if told.urgency is Urgency.INFORMATIVE:
            return "only informative: not told to customers"
    return None


def notice(
    row: Any,
    channel: str,
    recipient: str,
    language: str,
    *,
    reason: str | None,
    now: datetime,
    until: datetime | None = None,
) -> dict[str, Any]:
    """Make a row of the table of notices: suppressed if there is a reason, else due.

    ``until``: how long a suppressed one may still become due.
    """
    return {
        "outbox_id": row.id,
        "order_id": row.order_id,
        "subject": row.subject,
        "milestone": row.milestone,
        "revision": row.revision,
        "channel": channel,
        "recipient": recipient,
        "language": language,
        "state": "due" if reason is None else "suppressed",
        "reason": reason,
        "attempts": 0,
        "next_at": until or now,
        "lease_until": None,
        "received_at": row.received_at,
        "settled_at": None if reason is None else now,
    }


def _to_customer(
    row: Any, channel: Channel, house: House, reason: str | None, now: datetime
) -> dict[str, Any]:
    language = house.language(row.wanted_language, row.shop)
    missing = reason is None and not getattr(row, channel.ADDRESS)
    return notice(
        row,
        channel.NAME,
        row.contact_id or NOBODY,
        language,
        reason=channel.MISSING if missing else reason,
        now=now,
        until=now + WAIT if missing else None,
    )
