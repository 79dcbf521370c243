"""From changes to notices: everyone who is to be told gets one row, in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from hub.crashpoints import crashpoint
from hub.notify.audience import House, audience, notice, why_not
from hub.notify.channels import Audience
from hub.notify.choosing import obstacle, ranked
from hub.notify.reach import Reach
from hub.notify.staleness import WITHDRAWN, what_was_wrong
from hub.store import doubt, merging, outbox, speechless, strangers
from hub.store.locking import our_turn
from state_machine.milestones import Told

LONG = timedelta(days=7)  #: after which no notice of a merged letter is looked at again
BATCH = 100  #: changes one transaction plans
NEVER_TOLD = "never told of what is corrected"
NOBODY_TO_TELL = "there was nobody to tell"


@dataclass(frozen=True, slots=True)
class Planned:
    """What came of the changes that waited."""

    changes: int = 0
    unheard: int = 0  #: of which the customer was to be told, and cannot be by any channel

    def __bool__(self) -> bool:
        """Whether there were any."""
        return bool(self.changes)


def plan(connection: Connection, house: House, now: datetime) -> Planned:
    """Plan the changes that wait, oldest first; say how many those were.

    Corrections come after the rest: whom they reach depends on the notices there are by then. Of
    several dispatchers one plans at a time: otherwise the notice of a later change could be there
    before that of an earlier one, and go out first.
    """
    if not our_turn(connection, "plan notices"):
        return Planned()
    rows = outbox.unplanned(connection, BATCH)
    news = [row for row in rows if row.milestone != Told.CORRECTION]
    reach = Reach(connection, news)
    made = [(row, list(audience(row, house, reach, now))) for row in news]
    notices = [one for _, several in made for one in several]
    outbox.add_notices(connection, notices)
    for row in rows:
        if row.milestone == Told.CORRECTION:
            corrections = list(_corrections(connection, row, house, now))
            outbox.add_notices(connection, corrections)
            notices += corrections
    heard = {one["outbox_id"] for one in notices}
    untold = [row.id for row in rows if row.id not in heard]
    outbox.leave_untold(connection, untold, NOBODY_TO_TELL)
    crashpoint("notify.planning")
    outbox.mark_planned(connection, [row.id for row in rows], now)
    return Planned(len(rows), sum(_unheard(row, several, house, now) for row, several in made))


def _unheard(row: Any, notices: Sequence[dict[str, Any]], house: House, now: datetime) -> bool:
    """Whether a customer should hear of a change, and no channel can say it."""
    mine = [one for one in notices if house.channels[one["channel"]].AUDIENCE is Audience.CUSTOMER]
    if not mine or any(one["state"] == "due" for one in mine):
        return False
    return why_not(row, house.channels[mine[0]["channel"]], house.settings, now) is None


def revive(connection: Connection, house: House, now: datetime) -> int:
    """Make notices due whose order has an address by now, or whose letter came to nothing.

    Of one change at most one, by the best channel: several addresses may have come at once.
    Returns how many those were.
    """
    revived = merging.release(connection, now, LONG)
    rows = speechless.waiting(connection, now, BATCH)
    reach = Reach(connection, rows)
    waiting: dict[int, dict[str, Row[Any]]] = {}
    for row in rows:
        waiting.setdefault(row.outbox_id, {})[row.channel] = row
    for mine in waiting.values():
        for channel in ranked(next(iter(mine.values())), house.channels, house.settings):
            row_ = mine.get(channel.NAME)
            if row_ is None or row_.reason != channel.MISSING:
                continue
            if obstacle(row_, channel, reach, house.settings) is None:
                _revive(connection, row_, house, now)
                revived += 1
                break
    return revived


def _revive(connection: Connection, row: Row[Any], house: House, now: datetime) -> None:
    language = house.language(row.wanted_language, row.shop)
    speechless.revive(connection, row.id, recipient=row.contact_id, language=language, now=now)


def settle_strangers(connection: Connection, house: House, now: datetime) -> int:
    """Write down why notices to sinks and channels that are gone will not be sent."""
    lost = 0
    for name in strangers.channels_due(connection):
        channel = house.channels.get(name)
        if channel is None:
            reason = f"there is no channel {name} any more"
            lost += strangers.suppress(connection, name, None, reason, now)
        elif channel.AUDIENCE is Audience.SINK:
            known = [sink.name for sink in house.sinks(channel)]
            lost += strangers.suppress(connection, name, known, channel.MISSING, now)
    return lost


def originals(connection: Connection, row: Any) -> Sequence[Row[Any]]:
    """Return the notices of the milestone that a correction takes back."""
    wrong = what_was_wrong(row)
    if wrong is None:
        return ()
    milestone, subject, revision = wrong
    return outbox.notices_of(
        connection, row.order_id, subject=subject, milestone=milestone, revision=revision
    )


def must_correct(connection: Connection, original: Row[Any], now: datetime) -> bool:
    """Say whether a recipient has, or may have, been told what was wrong.

    A notice that is still due is withdrawn instead, and so is one that is said with a due one.
    """
    lead = merging.lead_of(connection, original)
    if lead.state in {"sent", "held", "leased"} or doubt.maybe_told(connection, lead.id):
        if original.state == "due":
            outbox.suppress(connection, [original.id], WITHDRAWN, now)
        return True
    if original.state == "due":
        outbox.suppress(connection, [original.id], WITHDRAWN, now)
    elif lead is not original:
        merging.part(connection, original.id, WITHDRAWN)
    return False


def _corrections(
    connection: Connection, row: Row[Any], house: House, now: datetime
) -> Iterator[dict[str, Any]]:
    for original in originals(connection, row):
        channel = house.channels.get(original.channel)
        if channel is None:
            continue
        told = must_correct(connection, original, now)
        yield notice(
            row,
            original.channel,
            original.recipient,
            original.language,
            reason=why_not(row, channel, house.settings, now) if told else NEVER_TOLD,
            now=now,
        )
