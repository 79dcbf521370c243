"""Which notices go out now: due, still worth telling, and no more at once than a lane bears."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from hub.notify.audience import House
from hub.notify.caps import over
from hub.notify.channels import Audience
from hub.notify.choosing import kept_back, refusal
from hub.notify.merging import gather
from hub.notify.planning import NEVER_TOLD, must_correct, originals
from hub.notify.reach import Reach
from hub.notify.staleness import WITHDRAWN, overtaken, superseded, too_old, withdrawn
from hub.store import attempts, outbox
from hub.store.attempts import Lane
from state_machine.milestones import Told


@dataclass(frozen=True, slots=True)
class Taken:
    """A notice that is ours to send, until its lease is over."""

    row: Row[Any]  #: of the notice, with its change and the person
    n: int  #: which attempt this is; the fencing token
    lane: Lane
    to: str
    also: Sequence[Row[Any]] = ()  #: notices that are said with it


@dataclass(frozen=True, slots=True)
class Catch:
    """What one pass took, and how many notices it found not worth telling any more."""

    taken: Sequence[Taken]
    suppressed: int
    capped: Sequence[tuple[str, str]] = ()  #: channel and what is over: a person must look


def take(connection: Connection, house: House, free: Mapping[Lane, int], now: datetime) -> Catch:
    """Take what is due, up to the free places of each lane, in one transaction.

    What is not worth telling any more is suppressed with the reason.
    """
    found = [
        (lane, row)
        for lane, places in free.items()
        if places > 0
        for row in attempts.due(connection, lane, now, places)
    ]
    orders = {row.order_id for _, row in found}
    story = outbox.story(connection, orders) if orders else {}
    told = outbox.told(connection, orders) if orders else {}
    people = (row for _, row in found if _to_customer(row, house))
    reach = Reach(connection, people, house.settings.sinks)
    taken, suppressed, capped = [], 0, []
    for lane, row in found:
        seen = (story.get(row.order_id, ()), told.get(row.order_id, ()))
        # looked up now, not when the notice was planned: people move and are forgotten
        to = reach.address(row, house.channels[row.channel])
        reason = _why_not(connection, row, house, *seen, now=now)
        if reason is not None or to is None:
            why = reason or reach.missing(row, house.channels[row.channel])
            suppressed += outbox.suppress(connection, [row.id], why, now)
            continue
        if (later := _later(row, house, now)) is not None:
            outbox.postpone(connection, row.id, until=later[0], reason=later[1])
            continue
        if (over := _over(connection, row, house, to, now)) is not None:
            suppressed += outbox.suppress(connection, [row.id], over[0], now)
            capped.append((row.channel, over[1]))
            continue
        also = _also(connection, row, house, *seen, now=now)
        taken.append(Taken(row, row.attempts + 1, lane, to, also))
    until = now + timedelta(seconds=house.settings.lease_seconds)
    attempts.lease(connection, [one.row for one in taken], now=now, until=until)
    return Catch(taken, suppressed, capped)


def _to_customer(row: Row[Any], house: House) -> bool:
    return house.channels[row.channel].AUDIENCE is Audience.CUSTOMER


def _over(
    connection: Connection, row: Row[Any], house: House, to: str, now: datetime
) -> tuple[str, str] | None:
    """Count what is sent for the first time, where its channel has a cap."""
    caps = getattr(house.channels[row.channel], "caps", None)
    if caps is None or row.attempts:
        return None
    return over(connection, row.channel, caps, to, now)


def _later(row: Row[Any], house: House, now: datetime) -> tuple[datetime, str] | None:
    """Look at the clock again: a retry may have run into the night."""
    if not _to_customer(row, house):
        return None
    return kept_back(row, house.channels[row.channel], house.settings, now)


def _also(
    connection: Connection,
    row: Row[Any],
    house: House,
    story: Sequence[Row[Any]],
    told: Sequence[Row[Any]],
    *,
    now: datetime,
) -> Sequence[Row[Any]]:
    if not _to_customer(row, house):
        return ()
    channel = house.channels[row.channel]
    return gather(connection, row, channel, house.settings, story=story, told=told, now=now)


def _why_not(
    connection: Connection,
    row: Row[Any],
    house: House,
    story: Sequence[Row[Any]],
    told: Sequence[Row[Any]],
    *,
    now: datetime,
) -> str | None:
    if row.milestone == Told.CORRECTION and not _still_to_correct(connection, row, now):
        return NEVER_TOLD
    if withdrawn(row, story):
        return WITHDRAWN
    if _to_customer(row, house):
        reason = (
            superseded(row, story, told)
            or overtaken(row, told)
            or refusal(row, house.channels[row.channel], house.settings)
        )
        if reason is not None:
            return reason
    return too_old(row, house.settings, now)


def _still_to_correct(connection: Connection, row: Row[Any], now: datetime) -> bool:
    """Look again: the wrong notice may have been under way when the correction was planned."""
    return any(
        must_correct(connection, original, now)
        for original in originals(connection, row)
        if (original.channel, original.recipient) == (row.channel, row.recipient)
    )
