"""Which notices may have reached their recipient though no provider ever said so."""

from collections.abc import Sequence

from sqlalchemy import Connection, exists, select

from hub.store.attempts import ATTEMPT


def maybe_told(connection: Connection, notice_id: int) -> bool:
    """Say whether an earlier attempt may have reached the recipient though nobody said so."""
    unsure = exists().where(ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.outcome == "ambiguous")
    return bool(connection.scalar(select(unsure)))


def noted(connection: Connection, notice_id: int) -> Sequence[str]:
    """Return what was noted as such attempts handed it over, oldest first; empty: nothing was."""
    these = select(ATTEMPT.c.provider_ref).where(
        ATTEMPT.c.notice_id == notice_id, ATTEMPT.c.outcome == "ambiguous"
    )
    return [found or "" for found in connection.scalars(these.order_by(ATTEMPT.c.n))]
