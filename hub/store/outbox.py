"""What is to be told and to whom: changes wait here, are planned once, and become notices."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from hub.store.among import among
from hub.store.columns import unindexed
from hub.store.rows import insert_new
from hub.store.tables import BeliefRow, ContactRow, table
from hub.store.tables_of_customers import CustomerRow
from hub.store.tables_of_notices import MailRow, NoticeRow, OutboxRow

OUTBOX = table(OutboxRow)
NOTICE = table(NoticeRow)
BELIEF = table(BeliefRow)
CONTACT = table(ContactRow)
CUSTOMER = table(CustomerRow)
MAIL = table(MailRow)

CORRECTION = "correction"
#: of the person: what an audience and a message need
PERSON = (
    BELIEF.c.shop,
    BELIEF.c.contact_id,
    CONTACT.c.name,
    CONTACT.c.email,
    CONTACT.c.phone,
    CONTACT.c.country,
    func.coalesce(CUSTOMER.c.language, CONTACT.c.language).label("wanted_language"),
    CUSTOMER.c.id.label("customer_id"),
    CUSTOMER.c.timezone,
    CUSTOMER.c.quiet,
    CUSTOMER.c.channels,
    CUSTOMER.c.consents,
)
# What is asked or written for every change or notice is made once.
_UNPLANNED: Select[Any] = (
    select(OUTBOX, *PERSON)
    .outerjoin(BELIEF, BELIEF.c.order_id == OUTBOX.c.order_id)
    .outerjoin(CONTACT, CONTACT.c.id == BELIEF.c.contact_id)
    .outerjoin(CUSTOMER, CUSTOMER.c.id == CONTACT.c.customer_id)
    .where(OUTBOX.c.planned_at.is_(None))
    .order_by(OUTBOX.c.id)
    .limit(bindparam("limit"))
    .with_for_update(of=OUTBOX, skip_locked=True)
)
_PLANNED = update(OUTBOX).where(among(OUTBOX.c.id, "ids")).values(planned_at=bindparam("now"))
_SUPPRESS = (
    update(NOTICE)
    .where(among(NOTICE.c.id, "ids"), unindexed(NOTICE.c.state) == "due")
    .values(state="suppressed", reason=bindparam("why"), settled_at=bindparam("now"))
)
_POSTPONE = (
    update(NOTICE)
    .where(NOTICE.c.id == bindparam("notice"), unindexed(NOTICE.c.state) == "due")
    .values(next_at=bindparam("until"), not_before=bindparam("until"), reason=bindparam("why"))
)
_STORY: Select[Any] = (
    select(
        OUTBOX.c.id,
        OUTBOX.c.order_id,
        OUTBOX.c.subject,
        OUTBOX.c.milestone,
        OUTBOX.c.revision,
        OUTBOX.c.silent,
        case((OUTBOX.c.milestone == CORRECTION, OUTBOX.c.change)).label("change"),
    )
    .where(among(OUTBOX.c.order_id, "orders"))
    .order_by(OUTBOX.c.id)
)
_TOLD_STATES = ("sent", "held", "leased")
_LEAD = NOTICE.alias("lead")
_TOLD: Select[Any] = select(
    *(NOTICE.c[name] for name in ("outbox_id", "order_id", "subject", "milestone", "revision")),
    NOTICE.c.channel,
    NOTICE.c.recipient,
).where(
    among(NOTICE.c.order_id, "orders"),
    or_(
        unindexed(NOTICE.c.state).in_(_TOLD_STATES),
        and_(
            NOTICE.c.merged_into.is_not(None),
            exists().where(
                _LEAD.c.id == NOTICE.c.merged_into, unindexed(_LEAD.c.state).in_(_TOLD_STATES)
            ),
        ),
    ),
)


def unplanned(connection: Connection, limit: int) -> Sequence[Row[Any]]:
    """Return changes nobody has planned yet, oldest first, each with the shop and the person."""
    return connection.execute(_UNPLANNED, {"limit": limit}).all()


def add_notices(connection: Connection, notices: Sequence[Mapping[str, Any]]) -> int:
    """Insert the notices that no key knows yet; return how many those were."""
    return len(insert_new(connection, NOTICE, notices, ("outbox_id",)))


def mark_planned(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Note that these changes have their notices."""
    if ids:
        connection.execute(_PLANNED, {"ids": [*ids], "now": now})


def leave_untold(connection: Connection, ids: Collection[int], reason: str) -> None:
    """Write down why no notice comes of these changes, where it is not said yet."""
    if ids:
        these = update(OUTBOX).where(OUTBOX.c.id.in_(ids), OUTBOX.c.silent.is_(None))
        connection.execute(these.values(silent=reason))


def notices_of(
    connection: Connection, order_id: str, *, subject: str, milestone: str, revision: str
) -> Sequence[Row[Any]]:
    """Return every notice of one milestone; nobody takes or settles one until we have committed."""
    these: Select[Any] = select(NOTICE).where(
        NOTICE.c.order_id == order_id,
        NOTICE.c.subject == subject,
        NOTICE.c.milestone == milestone,
        NOTICE.c.revision == revision,
    )
    return connection.execute(these.order_by(NOTICE.c.id).with_for_update()).all()


def suppress(connection: Connection, ids: Collection[int], reason: str, now: datetime) -> int:
    """Write down why these notices, as far as they are still due, are not sent; return how many."""
    if not ids:
        return 0
    values = {"ids": [*ids], "why": reason, "now": now}
    return connection.execute(_SUPPRESS, values).rowcount


def postpone(connection: Connection, notice_id: int, *, until: datetime, reason: str) -> None:
    """Keep a due notice back on purpose, with the reason."""
    connection.execute(_POSTPONE, {"notice": notice_id, "until": until, "why": reason})


def story(connection: Connection, orders: Collection[str]) -> Mapping[str, Sequence[Row[Any]]]:
    """Return, per order, the milestones of its outbox; ``change`` only where it is a correction."""
    return _by_order(connection.execute(_STORY, {"orders": [*orders]}).all())


def told(connection: Connection, orders: Collection[str]) -> Mapping[str, Sequence[Row[Any]]]:
    """Return, per order, the notices that a recipient has or may have."""
    return _by_order(connection.execute(_TOLD, {"orders": [*orders]}).all())


def _by_order(rows: Sequence[Row[Any]]) -> Mapping[str, Sequence[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(row)
    return found


def keep_mail(connection: Connection, message_id: str, message: bytes, now: datetime) -> None:
    """Put a letter into the local mailbox; a known Message-ID is a quiet no."""
    row = {"message_id": message_id, "stored_at": now, "message": message}
    insert_new(connection, MAIL, [row])
