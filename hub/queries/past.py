"""An order as it was believed at a time gone by: what had reached us by then, folded anew.

It is what today's rules make of those facts as today's connectors read them, so it has no version:
the versions count what was stored at the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.queries.stored import StoredOrder
from hub.store.belief import snapshot
from hub.store.facts import decode
from hub.store.tables import BeliefRow, TimelineRow, table
from state_machine.events import Event, ParcelAnnounced, ParcelKey, ReturnMoved
from state_machine.fold import NotAnOrder, fold
from state_machine.milestones import Milestone

BELIEF, TIMELINE = table(BeliefRow), table(TimelineRow)


@dataclass(frozen=True, slots=True)
class Past:
    """An order then, and what could have been told of it by then."""

    order: StoredOrder
    milestones: Sequence[Milestone]


def past(connection: Connection, order_id: str, at: datetime) -> Past | None:
    """Return an order as it was believed at ``at``; None when it was not known yet."""
    rows = connection.execute(
        select(TIMELINE.c.fact, TIMELINE.c.received_at).where(
            TIMELINE.c.order_id == order_id, TIMELINE.c.received_at <= at
        )
    )
    came = _at_home([(decode(row.fact), row.received_at) for row in rows])
    try:
        believed = fold(fact for fact, _ in came)
    except NotAnOrder:
        return None
    contact = select(BELIEF.c.contact_id).where(BELIEF.c.order_id == order_id)
    stored = StoredOrder(
        order_id=order_id,
        shop=believed.order.shop,
        number=believed.order.number,
        contact_id=connection.execute(contact).scalar_one_or_none(),
        version=0,
        as_of=max(received_at for _, received_at in came),
        snapshot=snapshot(believed.order),
    )
    return Past(stored, believed.milestones)


def _at_home(came: Sequence[tuple[Event, datetime]]) -> Sequence[tuple[Event, datetime]]:
    """Leave out scans that were parked then: nobody had named the parcel as one of this order."""
    whats = [fact.what for fact, _ in came]
    named = {
        what.parcel.number
        for what in whats
        if isinstance(what, ParcelAnnounced | ReturnMoved) and what.parcel
    }
    return [
        (fact, received_at)
        for fact, received_at in came
        if not isinstance(fact.about, ParcelKey) or fact.about.number in named
    ]
