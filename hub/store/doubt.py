"""Which notices may have reached their recipient though no provider ever said so."""

from sqlalchemy import Connection, exists, select

from hub.store.attempts import ATTEMPT


def maybe_told(connection: Connection, notice_id: int) -> bool:
    """Say whether an earlier attempt may have reached the recipient though nobody said so."""
    unsure = exists().where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.outcome == "ambiguous")
    return bool(connection.scalar(select(unsure)))
