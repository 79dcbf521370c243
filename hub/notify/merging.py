"""Which like milestones of several parcels make one letter, and for how long it waits for them.

Only that goods have left: three parcels packed in one hour are one piece of news. Each that arrives
or waits to be fetched is its own, with its own place and code; people complain of parts that
nobody told them about, so a merged letter names every parcel. A text message has no room for that.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from hub.config import Settings
from hub.notify.channels import Channel, Form
from hub.notify.news import News
from hub.notify.staleness import superseded, told_of, too_old, withdrawn
from hub.store import doubt, merging
from state_machine.milestones import Told

MERGED = frozenset({Told.SHIPPED, Told.PARTIALLY_SHIPPED})


def window(row: Any, channel: Channel, settings: Settings) -> timedelta:
    """Return for how long a notice waits for others like it; none: it is told by itself."""
    if channel.FORM is not Form.LETTER or told_of(row.milestone) not in MERGED:
        return timedelta(0)
    return timedelta(seconds=settings.shop(row.shop or "").merge_seconds)


def gather(
    connection: Connection,
    row: Any,
    channel: Channel,
    settings: Settings,
    *,
    story: Sequence[Row[Any]],
    told: Sequence[Row[Any]],
    now: datetime,
) -> Sequence[Row[Any]]:
    """Return what is said with a notice that goes out now; in the transaction that takes it.

    At the first attempt others may join it. Later nobody does, and who is no news any more leaves,
    unless the letter may have been read already.
    """
    wait = window(row, channel, settings)
    if told_of(row.milestone) not in MERGED or not (wait or row.attempts):
        return ()
    if not row.attempts:
        for one in merging.like(connection, row, soon=now + wait):
            if _stale(one, story, told, settings, now) is None:
                merging.merge(connection, row.id, one.id, now)
    elif not doubt.maybe_told(connection, row.id):
        for one in merging.members(connection, row.id):
            if (reason := _stale(one, story, told, settings, now)) is not None:
                merging.part(connection, one.id, reason)
    return merging.members(connection, row.id)


def together(news: News, members: Sequence[Any]) -> News:
    """Put several parcels' news into one: all the goods, and every parcel."""
    if not members:
        return news
    others = [News.read(row) for row in members]
    units = [one for each in (news, *others) for one in each.change.get("units") or ()]
    pieces: dict[str, int] = {}
    for unit in units:
        pieces[unit["line"]] = pieces.get(unit["line"], 0) + unit["quantity"]
    known = all(each.change.get("units") for each in (news, *others))
    added = {
        "units": [{"line": line, "quantity": count} for line, count in pieces.items()],
        "also": [each.part("parcel") for each in others],
    }
    return replace(news, change={**news.change, **(added if known else {"also": added["also"]})})


def _stale(
    row: Any, story: Sequence[Any], told: Sequence[Any], settings: Settings, now: datetime
) -> str | None:
    if withdrawn(row, story):
        return "withdrawn"
    return superseded(row, story, told) or too_old(row, settings, now)
