"""Accepted = applied + duplicate + parked + quarantined + waiting, for every source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select

from hub.queries.audit.check import Check, broken, count, figure
from hub.store.inbox import OUTCOMES, RELEASED
from hub.store.log import READER, position
from hub.store.tables import AcceptedRow, InboxRow, RawRow, table

RAW, INBOX, ACCEPTED = table(RawRow), table(InboxRow), table(AcceptedRow)

Name = tuple[str, str]  #: connector and source


@dataclass(frozen=True, slots=True)
class Source:
    """What became of the deliveries of one source; the left side was counted at the door."""

    connector: str
    source: str
    accepted: int
    applied: int
    duplicate: int
    parked: int
    quarantined: int
    waiting: int  #: durable, and not read by the pipeline yet

    @property
    def missing(self) -> int:
        """How many deliveries more than we know of were accepted; none, if all is well."""
        known = self.applied + self.duplicate + self.parked + self.quarantined + self.waiting
        return self.accepted - known


def sources(connection: Connection) -> list[Source]:
    """Return both sides of the sum, source by source."""
    query = select(ACCEPTED.c.connector, ACCEPTED.c.source, ACCEPTED.c.raws)
    accepted: dict[Name, int] = {
        (one.connector, one.source): one.raws for one in connection.execute(query)
    }
    known = _outcomes(connection)
    waiting = _waiting(connection)
    names = sorted(accepted.keys() | waiting.keys() | {(c, s) for c, s, _ in known})
    return [
        Source(
            connector=name[0],
            source=name[1],
            accepted=accepted.get(name, 0),
            waiting=waiting.get(name, 0),
            **{outcome: known.get((*name, outcome), 0) for outcome in OUTCOMES},
        )
        for name in names
    ]


def _outcomes(connection: Connection) -> Mapping[tuple[str, str, str], int]:
    columns = (INBOX.c.connector, INBOX.c.source, INBOX.c.outcome)
    rows = connection.execute(
        select(*columns, func.count()).where(INBOX.c.outcome.in_(OUTCOMES)).group_by(*columns)
    )
    return {(connector, source, outcome): size for connector, source, outcome, size in rows}


def _waiting(connection: Connection) -> Mapping[Name, int]:
    columns = (RAW.c.connector, RAW.c.source)
    behind = and_(RAW.c.id > position(connection, READER), RAW.c.origin.is_(None))
    rows = connection.execute(select(*columns, func.count()).where(behind).group_by(*columns))
    return {(connector, source): size for connector, source, size in rows}


def checks(connection: Connection) -> Iterator[Check]:
    """Check that every delivery has one outcome, and that none is missing from a sum."""
    known = sources(connection)
    yield figure("accepted", sum(one.accepted for one in known), "deliveries that became durable")
    for outcome in OUTCOMES:
        size = sum(getattr(one, outcome) for one in known)
        yield figure(outcome, size, f"deliveries whose outcome is {outcome}")
    yield figure("waiting", sum(one.waiting for one in known), "deliveries nobody has read yet")
    yield broken(
        "sources_unbalanced",
        sum(one.missing != 0 for one in known),
        "sources where accepted is not applied + duplicate + parked + quarantined + waiting",
    )
    strange = INBOX.c.outcome.not_in((*OUTCOMES, RELEASED))
    yield broken(
        "strange_outcomes",
        count(connection, INBOX, strange),
        "deliveries with an outcome that is none of the four",
    )
    marked = select(INBOX.c.raw_id).where(INBOX.c.raw_id == RAW.c.id).exists()
    read = or_(RAW.c.id <= position(connection, READER), RAW.c.origin.is_not(None))
    yield broken(
        "without_outcome", count(connection, RAW, read, ~marked), "deliveries read without outcome"
    )
