"""Notices for people nobody could reach, and the addresses that came after all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, or_, select, update

from hub.store.columns import unindexed
from hub.store.outbox import BELIEF, CONTACT, CUSTOMER, NOTICE, PERSON


def waiting(connection: Connection, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return suppressed notices that wait for an address, and whose order has a person by now.

    ``next_at`` of such a notice is the end of its wait, so the index finds no others.
    """
    columns = (NOTICE.c.id, NOTICE.c.outbox_id, NOTICE.c.channel, NOTICE.c.milestone)
    other = NOTICE.alias("other")
    told = exists().where(
        other.c.outbox_id == NOTICE.c.outbox_id,
        other.c.recipient == BELIEF.c.contact_id,
        other.c.state != "suppressed",
    )
    statement: Select[Any] = (
        select(*columns, NOTICE.c.reason, *PERSON)
        .join(BELIEF, BELIEF.c.order_id == NOTICE.c.order_id)
        .join(CONTACT, CONTACT.c.id == BELIEF.c.contact_id)
        .outerjoin(CUSTOMER, CUSTOMER.c.id == CONTACT.c.customer_id)
        .where(
            NOTICE.c.state == "suppressed",
            NOTICE.c.next_at > now,
            or_(
                CONTACT.c.email.is_not(None),
                CONTACT.c.phone.is_not(None),
                CONTACT.c.customer_id.is_not(None),
            ),
            ~told,
        )
        .order_by(NOTICE.c.id)
        .limit(limit)
    )
    return connection.execute(statement).all()


def revive(
    connection: Connection, notice_id: int, *, recipient: str, language: str, now: datetime
) -> None:
    """Make a notice due that waited for an address."""
    connection.execute(
        update(NOTICE)
        .where(NOTICE.c.id == notice_id, unindexed(NOTICE.c.state) == "suppressed")
        .values(
            state="due",
            reason=None,
            recipient=recipient,
            language=language,
            next_at=now,
            settled_at=None,
        )
    )
