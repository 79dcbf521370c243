"""Every milestone that is due has a notice or a written reason, and so has every unsent notice."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from hub.queries.audit.check import Check, broken, count, figure
from hub.store.tables import table
from hub.store.tables_of_notices import NoticeRow, OutboxRow

OUTBOX, NOTICE = table(OutboxRow), table(NoticeRow)

OPEN = ("due", "leased", "sent")  #: states that need no reason
ENDED = ("suppressed", "held", "dead")


def checks(connection: Connection) -> Iterator[Check]:
    """Check that nobody is left out in silence."""
    planned, unspoken = OUTBOX.c.planned_at.is_not(None), OUTBOX.c.silent.is_(None)
    yield figure("unplanned", count(connection, OUTBOX, ~planned), "milestones still to be planned")
    told = select(NOTICE.c.id).where(NOTICE.c.outbox_id == OUTBOX.c.id).exists()
    yield broken(
        "milestones_untold",
        count(connection, OUTBOX, planned, unspoken, ~told),
        "planned milestones with neither a notice nor a reason",
    )
    yield broken(
        "silent_without_reason",
        count(connection, NOTICE, NOTICE.c.state.in_(ENDED), NOTICE.c.reason.is_(None)),
        "notices unsent without a reason",
    )
    yield broken(
        "strange_states",
        count(connection, NOTICE, NOTICE.c.state.not_in((*OPEN, *ENDED))),
        "notices in a state that there is not",
    )
    held = NOTICE.c.state == "held"
    yield figure("held", count(connection, NOTICE, held), "notices a person must decide on")
