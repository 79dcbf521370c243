"""Who is told of a change, in which language, and who is not, with the reason written down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.catalogues import SOURCE, Catalogues
from hub.config import Settings, Sink
from hub.notify import channels as seam
from hub.notify.channels import Audience, Channel
from hub.notify.choosing import kept_back, obstacle, ranked
from hub.notify.merging import window
from hub.notify.reach import Reach
from hub.notify.staleness import told_of, too_old
from state_machine.milestones import Told

#: who stands for the customer while nobody knows who that is
NOBODY = "customer"
#: how long a notice without an address waits for one; what comes later is no news
WAIT = timedelta(minutes=15)
#: why a notice of a parcel is not sent at once
WAITS = "waits for other parcels of this order"
#: milestones a customer hears of in the words of another one
SAID_WITH: Mapping[Told, Told] = {Told.FIRST_IN_TRANSIT: Told.SHIPPED}
#: milestones no customer hears of
FOR_SYSTEMS = frozenset({Told.STATUS_CHANGED})


@dataclass(frozen=True, slots=True)
class House:
    """What decides about audiences besides the change itself."""

    settings: Settings
    channels: Mapping[str, Channel]
    catalogues: Catalogues

    def sinks(self, channel: Channel) -> Sequence[Sink]:
        """Return the systems a channel to systems reaches."""
        every = self.settings.sinks
        return [one for one in every if getattr(one, channel.ADDRESS, None) is not None]

    def language(self, wanted: str | None, shop: str | None) -> str:
        """Choose the language of a person; the shop's if theirs is not known or not ours."""
        default = self.settings.shop(shop or "").language
        return self.catalogues.negotiate(wanted, default=default)


def audience(row: Any, house: House, reach: Reach, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the notices of a change: to the customer by one channel, and to every system.

    In: an outbox row with the shop and the person (``hub.store.outbox.unplanned``). Out: rows of
    the table of notices, due or suppressed with the reason.
    """
    yield from _to_customer(row, house, reach, now)
    for name, channel in house.channels.items():
        if channel.AUDIENCE is Audience.SINK:
            reason = why_not(row, channel, house.settings, now)
            for sink in house.sinks(channel):
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
        if told in FOR_SYSTEMS:
            return "for systems: not told to customers"
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
        "not_before": None,
        "lease_until": None,
        "received_at": row.received_at,
        "settled_at": None if reason is None else now,
    }


def _to_customer(row: Any, house: House, reach: Reach, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the notice by the first channel that can be used, and why not by those before it."""
    order = ranked(row, house.channels, house.settings)
    reason = why_not(row, order[0], house.settings, now) if order else None
    if reason is not None:
        yield _one(row, order[0], house, now, reason=reason)
        return
    passed: list[tuple[Channel, str]] = []
    for channel in order:
        no = obstacle(row, channel, reach, house.settings)
        if no is None:
            yield from (_one(row, one, house, now, reason=why) for one, why in passed)
            yield due(row, channel, house, now)
            return
        passed.append((channel, no))
    for channel, no in passed:  # an address may still come
        until = now + WAIT if no == channel.MISSING else None
        yield _one(row, channel, house, now, reason=no, until=until)


def _one(row: Any, channel: Channel, house: House, now: datetime, **more: Any) -> dict[str, Any]:
    language = house.language(row.wanted_language, row.shop)
    return notice(row, channel.NAME, row.contact_id or NOBODY, language, now=now, **more)


def due(row: Any, channel: Channel, house: House, now: datetime) -> dict[str, Any]:
    """Make the notice of a change to its customer by a channel: due, in the night later."""
    made = _one(row, channel, house, now, reason=None)
    together = row.received_at + window(row, channel, house.settings)
    if (later := kept_back(row, channel, house.settings, now)) is not None:
        until, why = later
        made |= {"next_at": until, "not_before": until, "reason": why}
    elif together > now:  # of our own accord: the minute in which they are to be told runs on
        made |= {"next_at": together, "reason": WAITS}
    return made
