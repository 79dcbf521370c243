"""What store systems fetch: messages in the order they were laid out, each once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select, update

from hub.store.rows import count_new
from hub.store.tables import table
from hub.store.tables_of_telling import FeedPlaceRow, FeedRow

FEED = table(FeedRow)
PLACE = table(FeedPlaceRow)


class TooOld(Exception):
    """What came after this position is not kept any more."""


def put(connection: Connection, sink: str, message_id: str, body: bytes, now: datetime) -> None:
    """Lay a message out, unless it lies there.

    Its position is taken from a row that only one transaction can hold: so they become visible in
    their order, and whoever has read up to one has missed none before it.
    """
    count_new(connection, PLACE, [{"sink": sink, "position": 0}])
    mine = update(PLACE).where(PLACE.c.sink == sink).values(position=PLACE.c.position + 1)
    position = connection.scalar(mine.returning(PLACE.c.position))
    known = exists().where(FEED.c.sink == sink, FEED.c.message_id == message_id)
    if connection.scalar(select(known)):
        back = update(PLACE).where(PLACE.c.sink == sink)
        connection.execute(back.values(position=PLACE.c.position - 1))
        return
    row = {"sink": sink, "position": position, "message_id": message_id}
    connection.execute(FEED.insert(), row | {"stored_at": now, "body": body})


def page(connection: Connection, sink: str, after: int, limit: int) -> Sequence[Row[Any]]:
    """Return the messages after a position, oldest first. Raises ``TooOld``."""
    mine = select(FEED).where(FEED.c.sink == sink, FEED.c.position > after)
    rows = connection.execute(mine.order_by(FEED.c.position).limit(limit)).all()
    last = connection.scalar(select(PLACE.c.position).where(PLACE.c.sink == sink)) or 0
    first = rows[0].position if rows else last + 1
    if after > 0 and after + 1 < first:
        raise TooOld
    return rows


def forget(connection: Connection, before: datetime) -> int:
    """Forget what was laid out before a time; return how many messages that were."""
    return connection.execute(delete(FEED).where(FEED.c.stored_at < before)).rowcount
