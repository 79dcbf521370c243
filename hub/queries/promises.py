"""Was everybody told in time? One day, by channel and promise: how many, how fast, how many late.

A notice counts on the day its news reached us. Suppressed ones have a reason and are no part of the
promise; they are counted by it. Speeds are read from buckets: "at most so many seconds".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from hub.store.elapsed import BEGUN, seconds_between
from hub.store.tables import table
from hub.store.tables_of_notices import AttemptRow, NoticeRow, OutboxRow
from state_machine.objectives import OF_RETURNS, Objective

NOTICE, ATTEMPT, OUTBOX = table(NoticeRow), table(AttemptRow), table(OutboxRow)

#: seconds; dense where the shorter promise ends
BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 45, 60, 90, 300, 900, 3600, 14400, 43200, 86400)
SHARES = (0.5, 0.95, 0.99)
OPEN = ("due", "leased", "held")
STATIONS = ("planned", "attempted", "accepted")


@dataclass(frozen=True, slots=True)
class Speed:
    """How long it took from reaching us to one station."""

    count: int
    at_most: Mapping[float, float | None]  #: share -> seconds; None: longer than any bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How a promise was kept on one channel in one day."""

    channel: str
    objective: Objective
    in_time: int
    late: int  #: accepted after the promised time
    missed: int  #: given up, or still open though the time is over
    open: int  #: not accepted yet, and there is time left
    speeds: Mapping[str, Speed]  #: by station: planned, attempted, accepted

    @property
    def share(self) -> float | None:
        """Which share was in time; None when nothing had to be told."""
        all_of_them = self.in_time + self.late + self.missed
        return self.in_time / all_of_them if all_of_them else None


FIRST = ATTEMPT.alias("first")
OF_RETURN = NOTICE.c.milestone.in_(sorted(OF_RETURNS))
CLASS: ColumnElement[str] = case((OF_RETURN, Objective.RETURNS.value), else_=Objective.STATUS.value)
ALLOWED = case(
    (OF_RETURN, Objective.RETURNS.within.total_seconds()),
    else_=Objective.STATUS.within.total_seconds(),
)
SENT = NOTICE.c.state == "sent"
TOOK = seconds_between(BEGUN, NOTICE.c.settled_at)


def day_of(day: date) -> ColumnElement[bool]:
    """Whether the news of a notice reached us on a day (UTC)."""
    start = datetime.combine(day, time(), UTC)
    return and_(NOTICE.c.received_at >= start, NOTICE.c.received_at < start + timedelta(days=1))


def late() -> ColumnElement[bool]:
    """Whether a notice was accepted, but after the promised time."""
    return and_(SENT, TOOK > ALLOWED)


def missed(now: datetime) -> ColumnElement[bool]:
    """Whether a notice was given up, or is still open though its time is over."""
    longer, shorter = Objective.RETURNS.within, Objective.STATUS.within
    over = or_(
        and_(OF_RETURN, now - longer > BEGUN),
        and_(~OF_RETURN, now - shorter > BEGUN),
    )
    return or_(NOTICE.c.state == "dead", and_(NOTICE.c.state.in_(OPEN), over))


def kept(connection: Connection, day: date, now: datetime) -> Sequence[Kept]:
    """Return how the promises of a day were kept, as far as can be said at ``now``."""
    return [_kept(row) for row in connection.execute(_question(day, now)).mappings()]


def unsent(connection: Connection, day: date) -> Mapping[tuple[str, str], int]:
    """Count what was not sent on purpose, by channel and the first words of the reason."""
    rows = connection.execute(
        select(NOTICE.c.channel, NOTICE.c.reason, func.count())
        .where(day_of(day), NOTICE.c.state == "suppressed")
        .group_by(NOTICE.c.channel, NOTICE.c.reason)
    )
    found: Counter[tuple[str, str]] = Counter()
    for channel, reason, count in rows:
        found[channel, (reason or "no reason").partition(":")[0]] += count
    return found


def _question(day: date, now: datetime) -> Select[Any]:
    def many(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0)).label(name)

    took = {
        "planned": seconds_between(NOTICE.c.received_at, OUTBOX.c.planned_at),
        "attempted": seconds_between(BEGUN, FIRST.c.started_at),
        "accepted": case((SENT, TOOK)),
    }
    buckets = [
        many(took[station] <= bucket, f"{station}_{number}")
        for station in STATIONS
        for number, bucket in enumerate(BUCKETS)
    ]
    counts = [func.count(took[station]).label(f"{station}_all") for station in STATIONS]
    return (
        select(
            NOTICE.c.channel,
            CLASS.label("objective"),
            many(and_(SENT, TOOK <= ALLOWED), "in_time"),
            many(late(), "late"),
            many(missed(now), "missed"),
            many(and_(NOTICE.c.state.in_(OPEN), ~missed(now)), "open"),
            *counts,
            *buckets,
        )
        .join(OUTBOX, OUTBOX.c.id == NOTICE.c.outbox_id)
        .outerjoin(FIRST, and_(FIRST.c.notice_id == NOTICE.c.id, FIRST.c.n == 1))
        .where(day_of(day), NOTICE.c.state != "suppressed")
        .group_by(NOTICE.c.channel, CLASS)
        .order_by(NOTICE.c.channel, CLASS)
    )


def _kept(row: Mapping[Any, Any]) -> Kept:
    return Kept(
        channel=row["channel"],
        objective=Objective(row["objective"]),
        in_time=row["in_time"],
        late=row["late"],
        missed=row["missed"],
        open=row["open"],
        speeds={station: _speed(row, station) for station in STATIONS},
    )


def _speed(row: Mapping[Any, Any], station: str) -> Speed:
    count = row[f"{station}_all"]
    below = [(bucket, row[f"{station}_{n}"]) for n, bucket in enumerate(BUCKETS)]

    def at_most(share: float) -> float | None:
        return next((bucket for bucket, many in below if many >= share * count), None)

    return Speed(count, {share: at_most(share) for share in SHARES} if count else {})
