"""How far the partitions of a stream have been read: the database has the last word on it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, tuple_, update

from hub.store.log import RAW, CursorMoved
from hub.store.rows import insert_new
from hub.store.tables import table
from hub.store.tables_of_streams import StreamOffsetRow

OFFSET = table(StreamOffsetRow)
_ADVANCE = (
    update(OFFSET)
    .where(
        OFFSET.c.topic == bindparam("in_topic"),
        OFFSET.c.partition == bindparam("in_partition"),
        OFFSET.c.next_offset == bindparam("old"),
    )
    .values(next_offset=bindparam("new"))
)


class Place(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


def read(connection: Connection, places: Iterable[Place]) -> dict[Place, int]:
    """Return the first offset nobody has dealt with, per partition; 0 where nobody has begun."""
    wanted = list(places)
    columns = (OFFSET.c.topic, OFFSET.c.partition)
    rows = connection.execute(
        select(*columns, OFFSET.c.next_offset).where(tuple_(*columns).in_(wanted))
    )
    found = {Place(topic, partition): offset for topic, partition, offset in rows}
    return {place: found.get(place, 0) for place in wanted}


def advance(connection: Connection, moves: Mapping[Place, tuple[int, int]]) -> None:
    """Move partitions from an offset to another; raise ``CursorMoved`` if one is elsewhere.

    Always in the same order, so that two who move several never wait for each other.
    """
    places = sorted(moves)
    new = [
        {"topic": place.topic, "partition": place.partition, "next_offset": 0}
        for place in places
        if moves[place][0] == 0
    ]
    insert_new(connection, OFFSET, new)
    values = [
        {"in_topic": place.topic, "in_partition": place.partition, "old": old, "new": reached}
        for place in places
        for old, reached in [moves[place]]
    ]
    if values and connection.execute(_ADVANCE, values).rowcount != len(values):
        raise CursorMoved(f"not all of {moves} are there any more")


def numbers(connection: Connection, origins: Sequence[str]) -> dict[str, int]:
    """Return the number in the log of each raw that was read at one of these places."""
    if not origins:
        return {}
    rows = connection.execute(select(RAW.c.origin, RAW.c.id).where(RAW.c.origin.in_(origins)))
    return {row.origin: row.id for row in rows}


def total(connection: Connection) -> int:
    """Return how much has been read of all streams; it only grows."""
    return int(connection.execute(select(func.sum(OFFSET.c.next_offset))).scalar_one() or 0)
