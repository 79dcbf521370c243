"""By which channel a customer is told, in which order of them, and when it is bearable."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.clock import Clock
from hub.config import Settings
from hub.notify.channels import Audience, Channel, Form, open_channels
from hub.notify.quiet_hours import awake, passes
from hub.notify.reach import Reach
from hub.notify.staleness import told_of
from hub.notify.tools import Tools
from hub.notify.wishes import Wishes, urgency_of, zone

#: comes first where neither the customer nor the shop says otherwise
USUAL = "email"


def ranked(row: Any, channels: Mapping[str, Channel], settings: Settings) -> Sequence[Channel]:
    """Return the channels a customer may be told by, best first: theirs, then their shop's.

    In: a row with the milestone, the shop and the columns ``PERSON``. Whether one of them can be
    used now says ``obstacle``.
    """
    wishes, urgency = Wishes.read(row), urgency_of(told_of(row.milestone))
    known = {name: one for name, one in channels.items() if one.AUDIENCE is Audience.CUSTOMER}
    shop = settings.shop(row.shop or "").channels
    usual = sorted(known, key=lambda name: (name != USUAL, name)) if shop is None else shop
    names = dict.fromkeys((*wishes.order(urgency), *usual))
    return [known[name] for name in names if name in known]


def obstacle(row: Any, channel: Channel, reach: Reach, settings: Settings) -> str | None:
    """Say why a customer cannot be told by a channel; None: they can."""
    if (no := refusal(row, channel, settings)) is not None:
        return no
    return None if reach.address(row, channel) else reach.missing(row, channel)


def refusal(row: Any, channel: Channel, settings: Settings) -> str | None:
    """Say that a customer does not want to hear of this by a channel; None: they do."""
    wishes, urgency = Wishes.read(row), urgency_of(told_of(row.milestone))
    if wishes.refused(channel.NAME, urgency):
        return f"switched off by the customer: {urgency} messages by {channel.NAME}"
    if channel.NAME in settings.consent_channels and not wishes.agreed(channel.NAME, urgency):
        return f"no consent to {urgency} messages by {channel.NAME}"
    return None


def kept_back(
    row: Any, channel: Channel, settings: Settings, now: datetime
) -> tuple[datetime, str] | None:
    """Return until when a notice waits for a bearable hour, and why; None: it may go now."""
    if passes(told_of(row.milestone)):
        return None
    wishes = Wishes.read(row)
    hours = wishes.hours(row.country, rings=_rings(channel))
    if hours is None:
        return None
    clock = zone(wishes, row.country, settings.shop(row.shop or ""))
    until = awake(now, hours, clock)
    return None if until == now else (until, f"quiet hours {hours} in {clock.key}")


def _rings(channel: Channel) -> bool:
    """Whether it makes a sound: all but a letter does."""
    return channel.FORM is not Form.LETTER


def to_customers(settings: Settings, clock: Clock) -> Sequence[str]:
    """Return the channels by which customers can be told here."""
    opened = open_channels(Tools.idle(settings, clock))
    return [name for name, one in opened.items() if one.AUDIENCE is Audience.CUSTOMER]
