"""The sums: what became of everything accepted, what waits, and for how long.

Every accepted raw ends in exactly one outcome or still waits in the log, so
``accepted = applied + duplicate + parked + quarantined + backlog`` at any time. Counting reads
whole indexes: these are questions for operators and for a scrape, not for the hot path.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.store.inbox import OUTCOMES
from hub.store.log import READER, position
from hub.store.tables import InboxRow, ParkedRow, QuarantineRow, RawRow, table
from hub.store.tables_of_notices import NoticeRow, OutboxRow

RAW, INBOX = table(RawRow), table(InboxRow)
PARKED, QUARANTINE = table(ParkedRow), table(QuarantineRow)
OUTBOX, NOTICE = table(OutboxRow), table(NoticeRow)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and since when the oldest of them does."""

    size: int
    oldest: datetime | None

    def age(self, now: datetime) -> float:
        """Return the seconds the oldest has waited; 0 when none does."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


@dataclass(frozen=True, slots=True)
class Sums:
    """What became of everything, and what waits."""

    outcomes: Mapping[str, int]  #: raws by outcome
    backlog: Waiting  #: raws that are durable and not yet read by the pipeline
    parked: int  #: facts whose order is not known yet
    expired: int  #: those of them that have waited too long
    quarantine: int  #: findings that wait for a person
    unplanned: Waiting  #: changes worth telling, not yet made into notices
    due: Waiting  #: notices that may be handed over now; since they became due
    notices: Mapping[tuple[str, str], int]  #: by channel and state

    @property
    def accepted(self) -> int:
        """How many raws were ever accepted."""
        return sum(self.outcomes.values()) + self.backlog.size


def backlog(connection: Connection) -> Waiting:
    """Return the raws behind the place in the log that the pipeline has come to."""
    last = position(connection, READER)
    size, oldest = connection.execute(
        select(func.count(), func.min(RAW.c.received_at)).where(
            RAW.c.id > last, RAW.c.origin.is_(None)
        )
    ).one()
    return Waiting(size, oldest)


def sums(connection: Connection, now: datetime) -> Sums:
    """Count everything in one read transaction, so that the sums agree with each other."""
    return Sums(
        outcomes=_outcomes(connection),
        backlog=backlog(connection),
        parked=_count(connection, select(func.count()).select_from(PARKED)),
        expired=_count(connection, select(func.count(PARKED.c.expired_at))),
        quarantine=_count(
            connection,
            select(func.count()).select_from(QUARANTINE).where(QUARANTINE.c.released_at.is_(None)),
        ),
        unplanned=_unplanned(connection),
        due=_due(connection, now),
        notices=_notices(connection),
    )


def _count(connection: Connection, question: Any) -> int:
    return int(connection.execute(question).scalar_one())


def _outcomes(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        select(INBOX.c.outcome, func.count())
        .where(INBOX.c.outcome.in_(OUTCOMES))
        .group_by(INBOX.c.outcome)
    )
    return {row[0]: row[1] for row in rows}


def _unplanned(connection: Connection) -> Waiting:
    size, oldest = connection.execute(
        select(func.count(), func.min(OUTBOX.c.received_at)).where(
            OUTBOX.c.planned_at.is_(None), OUTBOX.c.silent.is_(None)
        )
    ).one()
    return Waiting(size, oldest)


def _due(connection: Connection, now: datetime) -> Waiting:
    size, oldest = connection.execute(
        select(func.count(), func.min(NOTICE.c.next_at)).where(
            NOTICE.c.state == "due", NOTICE.c.next_at <= now
        )
    ).one()
    return Waiting(size, oldest)


def _notices(connection: Connection) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        select(NOTICE.c.channel, NOTICE.c.state, func.count()).group_by(
            NOTICE.c.channel, NOTICE.c.state
        )
    )
    return {(channel, state): size for channel, state, size in rows}
