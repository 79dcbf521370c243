"""Station 4: the one transaction. Inbox mark, timeline, belief and outbox change together or not.

The connection it is given is inside the writer's transaction; whoever calls commits or rolls back
the whole batch. De-duplication is done by the UNIQUE keys of inbox, timeline and outbox.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hub.crashpoints import crashpoint
from hub.pipeline import quarantine
from hub.pipeline.correlate import Homes, correlate
from hub.pipeline.outcomes import settle, take_in
from hub.pipeline.recent import AtHand, Recent
from hub.pipeline.renew import Renewed
from hub.pipeline.translate import Translated
from hub.store import belief, contacts, inbox, parcels, parking, timeline
from hub.store.rows import insert_new
from hub.store.tables import table
from hub.store.tables_of_notices import OutboxRow
from state_machine.fold import Fold
from state_machine.order import Belief

OUTBOX = table(OutboxRow)


@dataclass(slots=True)
class Applied:
    """What became of a batch."""

    raws: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    facts: int = 0  #: new on some order's timeline
    orders: list[str] = field(default_factory=list)  #: whose belief changed
    told: int = 0  #: rows in the outbox
    at_hand: dict[str, AtHand] = field(default_factory=dict)  #: those orders, once it is committed
    ambiguous: set[int] = field(default_factory=set)  #: raws with a fact that has several homes
    alerts: Counter[str] = field(default_factory=Counter)  #: what a person must look at


def apply(connection: Connection, batch: Sequence[Translated], recent: Recent) -> Applied:
    """Apply a batch of translated raws that nobody else can claim any more, all or nothing.

    In: the batch, the orders at hand. Raises whatever the database raises.
    """
    fresh, outcome = take_in(connection, batch)
    crashpoint("pipeline.inbox")
    applied = Applied(raws=len(batch))
    parked, added = digest(connection, fresh, applied, recent)
    conflicts = sum(word == "quarantined" for word in outcome.values())
    outcome |= settle(connection, fresh, parked=parked, added=added, ambiguous=applied.ambiguous)
    applied.outcomes |= Counter(outcome.values())
    applied.alerts["conflict"] += conflicts
    applied.alerts["future_dated"] += sum([one.future for one in fresh])
    crashpoint("pipeline.settled")
    return applied


def digest(
    connection: Connection,
    batch: Sequence[Translated],
    applied: Applied,
    recent: Recent,
    *,
    silent: str | None = None,
) -> tuple[set[int], set[tuple[str, str]]]:
    """Take what a batch tells into timeline, belief and outbox.

    In: the batch; ``applied``, which is filled in; the orders at hand; ``silent``, a reason why
    nobody is to be told of what changes. Out: the raws that have to wait, and the (order, fact)
    pairs that are new.
    """
    arrivals = [one for translated in batch for one in translated.arrivals]
    stated = [
        (contact, translated.delivery) for translated in batch for contact in translated.contacts
    ]
    homes = correlate(connection, arrivals, stated, recent)
    return take_home(connection, homes, applied, silent)


def take_home(
    connection: Connection, homes: Homes, applied: Applied, silent: str | None = None
) -> tuple[set[int], set[tuple[str, str]]]:
    """Write down what has found its order, and what has to wait; in and out as in ``digest``."""
    added = timeline.append(
        connection, [(order, one) for order, ones in homes.facts.items() for one in ones]
    )
    applied.facts += len(added)
    crashpoint("pipeline.timeline")
    _believe(connection, homes, added, applied, silent)
    refused = quarantine.refuse(connection, homes.ambiguous)
    applied.ambiguous |= refused
    applied.alerts["ambiguous"] += len(refused)
    return _park(connection, homes), added


# --- belief and outbox -------------------------------------------------------------------------


def _believe(
    connection: Connection,
    homes: Homes,
    added: set[tuple[str, str]],
    applied: Applied,
    silent: str | None,
) -> None:
    touched = {order for order, _ in added} | set(homes.contacts)
    renewed = Renewed(at_hand=homes.at_hand, mark=belief.our_mark(connection))
    for order, fold, now in _folds(connection, homes, touched, added):
        renewed.order(
            order,
            homes.known.get(order),
            fold,
            now,
            received=[one.received_at for one in homes.facts.get(order, ())],
            stated=homes.contacts.get(order, ()),
        )
    contacts.save(connection, [one for several in homes.contacts.values() for one in several])
    parcels.claim(connection, homes.claims.values())
    write(connection, renewed, applied, silent)


def write(connection: Connection, renewed: Renewed, applied: Applied, silent: str | None) -> None:
    """Write what orders have become, with what is to be told of it; ``silent``: tell nobody."""
    if silent is not None:
        renewed.silence(silent)
    belief.save(connection, renewed.beliefs)
    belief.go_on(connection, renewed.progress)
    belief.set_open_lines(connection, renewed.open_lines)
    crashpoint("pipeline.belief")
    insert_new(connection, OUTBOX, renewed.outbox)
    crashpoint("pipeline.outbox")
    applied.orders += [row["order_id"] for row in (*renewed.beliefs, *renewed.progress)]
    applied.told += len(renewed.outbox)
    applied.at_hand |= renewed.at_hand


def _folds(
    connection: Connection, homes: Homes, orders: set[str], added: set[tuple[str, str]]
) -> Iterator[tuple[str, Fold, Belief]]:
    """Go through the orders, each folded with the facts of this batch."""
    unread = []
    for order in orders:
        arrivals = homes.facts.get(order, ())
        at_hand = homes.at_hand.get(order)
        fold = at_hand.fold if at_hand else Fold()
        # A fact that is neither new nor at hand: somebody else has written; the database knows.
        read = at_hand is not None or order not in homes.known
        read = read and all(
            (order, one.event.id) in added or one.event.id in fold.facts for one in arrivals
        )
        if not read:
            unread.append(order)
            continue
        # Of one fact told twice in this batch the timeline has kept the first.
        new = {one.event.id: one.event for one in reversed(arrivals)}
        yield (
            order,
            fold,
            fold.extend(event for event in new.values() if event.id not in fold.facts),
        )
    for order, events in timeline.load(connection, unread).items():
        fold = Fold()
        yield order, fold, fold.extend(events)


# --- what waits --------------------------------------------------------------------------------


def _park(connection: Connection, homes: Homes) -> set[int]:
    """Let waiting facts wait and wake the others; return the raws that wait now."""
    stated = [
        (key, contact, delivery.raw_id, delivery.source, delivery.received_at)
        for key, contact, delivery in homes.parked_contacts
    ]
    parked = parking.park(connection, homes.parked, stated)
    crashpoint("pipeline.parked")
    raws = homes.woken | parking.drop_contacts(connection, homes.unparked_keys)
    woken = parking.unpark(connection, homes.unparked, raws)
    inbox.wake(connection, woken)
    return parked
