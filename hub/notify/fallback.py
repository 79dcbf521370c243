"""Another way to the same customer: what does not get through by one channel goes by the next.

It is taken over when a set share of the promised time is gone, or at once when it has failed for
good or came back. The first channel is called off in the same transaction, so that nobody is told
twice; what a provider may already have is left to it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from hub.notify.audience import House, due
from hub.notify.channels import Audience, Channel
from hub.notify.choosing import obstacle, ranked
from hub.notify.reach import Reach
from hub.store import outbox, stuck
from hub.store.stuck import Where
from state_machine.milestones import Told
from state_machine.objectives import objective

BATCH = 200  #: notices one transaction takes over


@dataclass(frozen=True, slots=True)
class Turned:
    """What came of notices that were stuck."""

    by_another: int = 0  #: another channel tells of it
    given_in: int = 0  #: failed, and there is no other


def fall_back(connection: Connection, house: House, ill: Collection[str], now: datetime) -> Turned:
    """Let other channels take over what is stuck, oldest first.

    In: ``ill``, the channels whose provider is left alone. Call it again as long as it turns
    something.
    """
    rows = stuck.stuck(connection, _where(house, ill, now), BATCH)
    reach = Reach(connection, rows)
    another = given_in = 0
    for row in rows:
        channel = _next(connection, row, house, reach, ill)
        if channel is not None:
            another += _take_over(connection, row, channel, house, now)
        elif row.state in {"dead", "sent"}:
            stuck.give_in(connection, row.notice_id)
            given_in += 1
    return Turned(another, given_in)


def _where(house: House, ill: Collection[str], now: datetime) -> Where:
    to_customers = {
        name: one for name, one in house.channels.items() if one.AUDIENCE is Audience.CUSTOMER
    }
    shares = house.settings.fallback.after
    late = [
        ((told,), now - objective(told).within * shares[told.urgency])
        for told in Told
        if told.urgency in shares
    ]
    return Where(
        channels=sorted(to_customers),
        ill=sorted(ill),
        silent=sorted(house.settings.fallback.without_receipt),
        unmarked=sorted(name for name, one in to_customers.items() if one.deduplicates),
        late=late,
        now=now,
    )


def _next(
    connection: Connection, row: Row[Any], house: House, reach: Reach, ill: Collection[str]
) -> Channel | None:
    """Return the best channel that has not been tried, can be used, and is well."""
    tried = stuck.channels_of(connection, row.id, row.recipient)
    for channel in ranked(row, house.channels, house.settings):
        if channel.NAME in tried or channel.NAME in ill:
            continue
        if obstacle(row, channel, reach, house.settings) is None:
            return channel
    return None


def _take_over(
    connection: Connection, row: Row[Any], channel: Channel, house: House, now: datetime
) -> int:
    if row.state != "sent":
        reason = f"called off: told by {channel.NAME} instead"
        if not stuck.call_off(connection, row.notice_id, row.attempts, reason, now):
            return 0
    made = due(row, channel, house, now)
    if made["reason"] is None:
        made["reason"] = f"instead of {row.channel}"
    return outbox.add_notices(connection, [made])
