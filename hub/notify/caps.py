"""No more than so many messages a day to one customer, or to one block of phone numbers.

A loop in a shop, or somebody who orders to a thousand numbers of one block because he is paid for
each SMS that goes there, must not become a bill.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.notify.phone_numbers import prefix
from hub.store import allowances
from hub.store.suppressions import digest

TOO_MANY = "too many messages today"


@dataclass(frozen=True, slots=True)
class Caps:
    """How many messages a channel sends in a day; None: as many as there are."""

    recipient: int | None = None
    prefix: int | None = None  #: to numbers that begin alike
    digits: int = 6  #: how much of a number that is


def over(
    connection: Connection, channel: str, caps: Caps, to: str, now: datetime
) -> tuple[str, str] | None:
    """Count one message; return the reason and what it is about, if that is one too many."""
    if caps.prefix is not None and to.startswith("+"):
        block = prefix(to, caps.digits)
        if not allowances.spend(connection, channel, block, most=caps.prefix, now=now):
            return f"{TOO_MANY} to numbers that begin with {block} ({caps.prefix})", block
    if caps.recipient is not None:
        whom = digest(to)
        if not allowances.spend(connection, channel, whom, most=caps.recipient, now=now):
            return f"{TOO_MANY} to this recipient ({caps.recipient})", "one recipient"
    return None
