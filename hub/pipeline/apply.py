"""Station 4: the one transaction. Inbox mark, timeline, belief and outbox change together or not.

The connection it is given is inside the writer's transaction; whoever calls commits or rolls back
the whole batch. De-duplication is done by the UNIQUE keys of inbox, timeline and outbox.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from connectors.contract import Contact
from hub.pipeline import quarantine
from hub.pipeline.correlate import Homes, correlate
from hub.pipeline.tell import outbox_row
from hub.pipeline.translate import Translated
from hub.store import belief, contacts, inbox, log, parking, timeline
from hub.store.belief import Known
from hub.store.rows import insert_new
from hub.store.tables import OutboxRow
from hub.store.timeline import Arrival
from state_machine.changes import changes
from state_machine.events import Event
from state_machine.fold import fold
from state_machine.order import Belief

READER = "pipeline"
OUTBOX = OutboxRow.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Applied:
    """What became of a batch."""

    raws: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    facts: int = 0  #: new on some order's timeline
    orders: list[str] = field(default_factory=list)  #: whose belief changed
    told: int = 0  #: rows in the outbox


def apply(connection: Connection, batch: Sequence[Translated], *, old: int, new: int) -> Applied:
    """Apply a batch of translated raws, all or nothing.

    In: the batch, and the log positions before and after it. Raises ``CursorMoved`` when another
    worker was faster, and whatever the database raises.
    """
    log.advance(connection, READER, old=old, new=new)
    fresh, outcome = _take_in(connection, batch)
    applied = Applied(raws=len(batch))
    parked, added = digest(connection, fresh, applied)
    _settle(connection, fresh, parked, added, outcome)
    for word in outcome.values():
        applied.outcomes[word] = applied.outcomes.get(word, 0) + 1
    return applied


def digest(
    connection: Connection,
    batch: Sequence[Translated],
    applied: Applied,
    *,
    silent: str | None = None,
) -> tuple[set[int], set[tuple[str, str]]]:
    """Take what a batch tells into timeline, belief and outbox.

    In: the batch; ``applied``, which is filled in; ``silent``, a reason why nobody is to be told of
    what changes. Out: the raws that have to wait, and the (order, fact) pairs that are new.
    """
    arrivals = [one for translated in batch for one in _arrivals(translated)]
    stated = [
        (contact, translated.delivery) for translated in batch for contact in translated.contacts
    ]
    homes = correlate(connection, arrivals, stated)
    added = timeline.append(
        connection, [(order, one) for order, ones in homes.facts.items() for one in ones]
    )
    applied.facts += len(added)
    _believe(connection, homes, added, applied, silent)
    return _park(connection, homes), added


# --- inbox -------------------------------------------------------------------------------------


def _take_in(
    connection: Connection, batch: Sequence[Translated]
) -> tuple[list[Translated], dict[int, str]]:
    """Mark every raw of the batch; return the fresh ones and what the others are."""
    taken = inbox.take(connection, [one.delivery for one in batch])
    fresh = [one for one in batch if one.delivery.raw_id in taken]
    again = [one for one in batch if one.delivery.raw_id not in taken]
    bodies = inbox.known_bodies(connection, [one.delivery for one in again])
    outcome: dict[int, str] = {}
    held = []
    for one in again:
        delivery = one.delivery
        same = bodies.get((delivery.connector, delivery.source, delivery.key)) == delivery.sha256
        outcome[delivery.raw_id] = "duplicate" if same else "quarantined"
        if not same:
            detail = "an earlier delivery had this id and another body; nothing of it was applied"
            held.append(quarantine.row(one, quarantine.CONFLICT, code=delivery.key, detail=detail))
    for word in ("duplicate", "quarantined"):
        inbox.repeat(
            connection,
            [one.delivery for one in again if outcome[one.delivery.raw_id] == word],
            word,
        )
    quarantine.keep(connection, held)
    return fresh, outcome


def _arrivals(translated: Translated) -> Iterator[Arrival]:
    delivery = translated.delivery
    for event in translated.events:
        yield Arrival(event, delivery.raw_id, delivery.source, delivery.received_at)


# --- belief and outbox -------------------------------------------------------------------------


def _believe(
    connection: Connection,
    homes: Homes,
    added: set[tuple[str, str]],
    applied: Applied,
    silent: str | None,
) -> None:
    touched = {order for order, _ in added} | set(homes.contacts)
    facts = timeline.load(connection, [order for order in touched if order in homes.known])
    beliefs: list[dict[str, Any]] = []
    outbox: list[dict[str, Any]] = []
    open_lines: dict[str, tuple[str, frozenset[str]]] = {}
    for order_id in touched:
        arrivals = homes.facts.get(order_id, [])
        events: list[Event] = facts.get(order_id) or [one.event for one in arrivals]
        now = fold(events)
        _rows_of(homes, order_id, now, beliefs, outbox)
        open_lines[order_id] = (now.order.shop, _waits_for(now))
    contacts.save(connection, [one for several in homes.contacts.values() for one in several])
    belief.save(connection, beliefs)
    belief.name_parcels(connection, list(homes.numbers.values()))
    belief.set_open_lines(connection, open_lines)
    if silent is not None:
        outbox = [row | {"silent": row["silent"] or silent} for row in outbox]
    insert_new(connection, OUTBOX, outbox)
    applied.orders += [row["order_id"] for row in beliefs]
    applied.told += len(outbox)


def _rows_of(
    homes: Homes,
    order_id: str,
    now: Belief,
    beliefs: list[dict[str, Any]],
    outbox: list[dict[str, Any]],
) -> None:
    """Add the rows that change with one order."""
    before = homes.known.get(order_id)
    text = belief.snapshot(now.order)
    stated = homes.contacts.get(order_id)
    contact_id = _contact_of(stated, before)
    received = [one.received_at for one in homes.facts.get(order_id, ())]
    as_of = max([*received, *([before.as_of] if before else [])])
    version = (before.version if before else 0) + (before is None or before.snapshot != text)
    beliefs.append(
        belief.row(
            order_id,
            now.order,
            text=text,
            version=version,
            milestones=now.milestones,
            contact_id=contact_id,
            as_of=as_of,
        )
    )
    since = max(received, default=as_of)
    outbox += [
        outbox_row(order_id, now.order, change, version=version, received_at=since)
        for change in changes(before.milestones if before else (), now)
    ]


def _contact_of(stated: Sequence[Contact] | None, before: Known | None) -> str | None:
    if stated:
        return contacts.contact_id(max(stated, key=lambda one: one.stated_at))
    return before.contact_id if before else None


def _waits_for(now: Belief) -> frozenset[str]:
    """Return the SKUs of which units are still in the shop."""
    return frozenset(
        line.sku
        for line in now.order.lines
        if line.sku and line.shipped + line.cancelled < line.quantity
    )


# --- what waits, and the raws' outcomes --------------------------------------------------------


def _park(connection: Connection, homes: Homes) -> set[int]:
    """Let waiting facts wait and wake the others; return the raws that wait now."""
    stated = [
        (key, contact, delivery.raw_id, delivery.source, delivery.received_at)
        for key, contact, delivery in homes.parked_contacts
    ]
    parked = parking.park(connection, homes.parked, stated)
    parking.drop_contacts(connection, homes.unparked_keys)
    woken = parking.unpark(connection, homes.unparked, homes.woken)
    inbox.wake(connection, woken)
    return parked


def _settle(
    connection: Connection,
    fresh: Sequence[Translated],
    parked: set[int],
    added: set[tuple[str, str]],
    outcome: dict[int, str],
) -> None:
    """Give every fresh raw its one outcome: what still waits names it, else what it did."""
    quarantined = {one.delivery.raw_id: quarantine.rows_of(one) for one in fresh}
    quarantine.keep(connection, [row for rows in quarantined.values() for row in rows])
    new = {fact for _, fact in added}
    for one in fresh:
        raw_id = one.delivery.raw_id
        repeated = bool(one.events) and all(event.id not in new for event in one.events)
        moves = any(event.what.kind.startswith("stock.") for event in one.events)
        outcome[raw_id] = (
            "quarantined"
            if quarantined[raw_id]
            else "parked"
            if raw_id in parked
            else "duplicate"
            if repeated and not moves
            else "applied"
        )
    for word in ("quarantined", "parked", "duplicate"):
        inbox.settle(
            connection,
            word,
            [one.delivery.raw_id for one in fresh if outcome[one.delivery.raw_id] == word],
        )
