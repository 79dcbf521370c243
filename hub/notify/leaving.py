"""How a letter says that one may be left out of its kind: RFC 2369 and, in one click, RFC 8058."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.links import Links, Purpose
from hub.notify.channels import Channel, Form
from hub.notify.staleness import told_of
from hub.notify.wishes import KEPT, urgency_of


def headers(row: Any, channel: Channel, links: Links, now: datetime) -> Mapping[str, str]:
    """Return what a letter carries besides; nothing for what belongs to the purchase."""
    urgency = urgency_of(told_of(row.milestone))
    if channel.FORM is not Form.LETTER or urgency in KEPT:
        return {}
    link = links.make(Purpose.UNSUBSCRIBE, f"{row.recipient} {channel.NAME} {urgency}", now)
    if link is None:
        return {}
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def preferences_link(row: Any, links: Links, now: datetime) -> str | None:
    """Return the link to the page where the reader says how they want to be told."""
    return links.make(Purpose.PREFERENCES, row.recipient, now)
