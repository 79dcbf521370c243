"""Orders folded anew, page by page, beside what is stored and what was told of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, func, select, union

from hub.pipeline.differences import differences
from hub.store import belief
from hub.store.belief import Known
from hub.store.facts import decode
from hub.store.tables import BeliefRow, TimelineRow, table
from hub.store.tables_of_notices import OutboxRow
from state_machine.fold import Fold, NotAnOrder
from state_machine.order import Belief
from state_machine.promises import next_deadline

BELIEF, TIMELINE, OUTBOX = table(BeliefRow), table(TimelineRow), table(OutboxRow)

PAGE = 256  #: orders per look


@dataclass(frozen=True, slots=True)
class Told:
    """What the database holds about one order."""

    facts: Sequence[Row[Any]]
    stored: Mapping[str, Any] | None  #: the row of its belief
    version: int  #: the highest version anything was told with


def page_of(connection: Connection, after: str) -> dict[str, Told]:
    """Read the orders that come next, with all that is needed to fold and to compare them."""
    names = [
        select(rows.c.order_id).where(rows.c.order_id > after).distinct().order_by(rows.c.order_id)
        for rows in (BELIEF, TIMELINE)
    ]
    either = union(*(select(one.limit(PAGE).subquery()) for one in names)).subquery()
    query = select(either).order_by(either.c.order_id).limit(PAGE)
    orders = list(connection.execute(query).scalars())
    stored = connection.execute(select(BELIEF).where(BELIEF.c.order_id.in_(orders)))
    beliefs = {row["order_id"]: dict(row) for row in stored.mappings()}
    facts = defaultdict(list)
    for row in connection.execute(select(TIMELINE).where(TIMELINE.c.order_id.in_(orders))):
        facts[row.order_id].append(row)
    told = connection.execute(
        select(OUTBOX.c.order_id, func.max(OUTBOX.c.version))
        .where(OUTBOX.c.order_id.in_(orders))
        .group_by(OUTBOX.c.order_id)
    )
    versions: dict[str, int] = {row[0]: row[1] for row in told}
    return {one: Told(facts[one], beliefs.get(one), versions.get(one, 0)) for one in orders}


class Refolded:
    """One order folded anew, and how the stored belief differs from that."""

    def __init__(self, order: str, told: Told) -> None:
        """Fold it; an order that cannot be folded is astray, with the reason."""
        self.before = _known(told) if told.stored else None
        self.fold = Fold()
        self.now: Belief | None = None
        try:
            self.now = self.fold.extend(decode(row.fact) for row in told.facts)
        except NotAnOrder as error:
            self.found = {"why": str(error)}
            return
        except Exception as error:  # noqa: BLE001 - one order must not stop the proof of the others
            self.found = {"why": f"its facts cannot be folded: {type(error).__name__}"}
            return
        if told.stored is None:
            self.found = {"why": "no belief is stored"}
            return
        assert self.before is not None
        rebuilt = self.before._replace(
            number=self.now.order.number,
            status=str(self.now.order.status),
            due_at=next_deadline(self.now.order),
            snapshot=belief.snapshot(self.now.order),
            milestones=self.now.keys,
        )
        row = belief.row(order, self.now.order, rebuilt)
        self.found = differences(told.stored, row)


def _known(told: Told) -> Known:
    """Read the stored belief; what was told with a version is not told again with a lower one."""
    assert told.stored is not None
    try:
        known = belief.known(SimpleNamespace(**told.stored))
    except ValueError:  # its milestones are no list of ours; the outbox knows what was told
        known = belief.known(SimpleNamespace(**{**told.stored, "milestones": "[]"}))
    return known._replace(version=max(known.version, told.version))
