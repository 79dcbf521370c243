"""Station 3: whose order is this? A fact finds its order, or waits until one names its key."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from connectors.contract import Contact
from hub.pipeline import goods, locking
from hub.pipeline.recent import AtHand, Recent
from hub.store import belief, parking
from hub.store.belief import Known
from hub.store.inbox import Delivery
from hub.store.timeline import Arrival
from state_machine.events import (
    Ordered,
    OrderKey,
    ParcelAnnounced,
    ParcelKey,
    ReturnMoved,
)


@dataclass(slots=True)
class Homes:
    """Where the facts of one batch belong."""

    known: dict[str, Known] = field(default_factory=dict)  #: stored beliefs of orders concerned
    at_hand: dict[str, AtHand] = field(default_factory=dict)  #: those of them worked on lately
    facts: dict[str, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[str, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    parked: list[tuple[str, Arrival]] = field(default_factory=list)
    parked_contacts: list[tuple[str, Contact, Delivery]] = field(default_factory=list)
    unparked: list[tuple[str, str]] = field(default_factory=list)  #: (key, fact) no longer waiting
    unparked_keys: set[str] = field(default_factory=set)
    woken: set[int] = field(default_factory=set)  #: raws whose waiting facts found an order
    numbers: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)
    stock: list[Arrival] = field(default_factory=list)

    def exists(self, order_id: str) -> bool:
        """Whether the order is known, from before or from this batch."""
        return order_id in self.known or any(
            isinstance(one.event.what, Ordered) for one in self.facts.get(order_id, ())
        )


def order_id_of(key: OrderKey) -> str:
    """Return the hub's id of an order: ids carry their shop."""
    return f"{key.shop}:{key.external_id}"


def correlate(
    connection: Connection,
    arrivals: Iterable[Arrival],
    contacts: Iterable[tuple[Contact, Delivery]],
    recent: Recent,
) -> Homes:
    """Find the order of every fact of a batch; nothing is written yet.

    In: facts with their provenance; contacts, each with the delivery it came in; orders at hand.
    Out: the homes, the facts to park, and the parked facts that found their order.
    """
    arrivals, stated, homes = list(arrivals), list(contacts), Homes()
    locking.lock(connection, arrivals, (contact for contact, _ in stated))
    by_number: list[Arrival] = []
    for one in arrivals:
        about = one.event.about
        if isinstance(about, OrderKey):
            homes.facts[order_id_of(about)].append(one)
        elif isinstance(about, ParcelKey):
            by_number.append(one)
        else:
            homes.stock.append(one)
    concerned = set(homes.facts) | {order_id_of(contact.about) for contact, _ in stated}
    _look_up(connection, homes, recent, concerned)
    _wake_orders(connection, homes)
    _park_orphans(homes, stated)
    _name_parcels(connection, homes)
    _place_by_number(connection, homes, by_number)
    _place_by_stock(connection, homes)
    _look_up(connection, homes, recent, set(homes.facts) - homes.known.keys() - concerned)
    return homes


def _look_up(connection: Connection, homes: Homes, recent: Recent, orders: set[str]) -> None:
    """Find what is known of the orders: at hand, or else in the database."""
    at_hand = recent.take(orders)
    homes.at_hand |= at_hand
    homes.known |= {order: one.known for order, one in at_hand.items()}
    homes.known |= belief.load(connection, orders - at_hand.keys(), to_change=True)


def _wake_orders(connection: Connection, homes: Homes) -> None:
    """Facts that waited for an order named in this batch come home."""
    born = [order for order in homes.facts if order not in homes.known and homes.exists(order)]
    facts, contacts = parking.waiting(connection, {f"order:{order}" for order in born})
    # What comes home may name parcels in its turn.
    locking.lock(connection, [one for waited in facts.values() for one in waited], ())
    for order in born:
        key = f"order:{order}"
        _bring_home(homes, order, key, facts.get(key, ()))
        if key in contacts:
            homes.contacts[order].extend(contacts[key])
            homes.unparked_keys.add(key)


def _bring_home(homes: Homes, order: str, key: str, waited: Iterable[Arrival]) -> None:
    for one in waited:
        homes.facts[order].append(one)
        homes.unparked.append((key, one.event.id))
        homes.woken.add(one.raw_id)


def _park_orphans(homes: Homes, stated: list[tuple[Contact, Delivery]]) -> None:
    for order in [order for order in homes.facts if not homes.exists(order)]:
        homes.parked += [(f"order:{order}", one) for one in homes.facts.pop(order)]
    for contact, provenance in stated:
        order = order_id_of(contact.about)
        if homes.exists(order):
            homes.contacts[order].append(contact)
        else:
            homes.parked_contacts.append((f"order:{order}", contact, provenance))


def _name_parcels(connection: Connection, homes: Homes) -> None:
    """Note the tracking numbers this batch names; scans that waited for them come home."""
    for order, arrivals in homes.facts.items():
        for one in arrivals:
            what = one.event.what
            if not isinstance(what, ParcelAnnounced | ReturnMoved) or what.parcel is None:
                continue
            if number := what.parcel.number:
                homes.numbers.setdefault(
                    (number, order),
                    {
                        "number": number,
                        "order_id": order,
                        "carrier": what.parcel.carrier,
                        "since": one.event.occurred_at,
                    },
                )
    facts, _ = parking.waiting(connection, {f"parcel:{n}" for n, _ in homes.numbers})
    for (number, order), row in homes.numbers.items():
        key = f"parcel:{number}"
        since = row["since"]
        meant = [
            one
            for one in facts.get(key, ())
            if belief.choose([(order, since)], one.event.occurred_at)  # type: ignore[list-item]
        ]
        _bring_home(homes, order, key, meant)


def _place_by_number(connection: Connection, homes: Homes, arrivals: list[Arrival]) -> None:
    numbers = {one.event.about.number for one in arrivals if isinstance(one.event.about, ParcelKey)}
    candidates = belief.orders_of_numbers(connection, numbers)
    for (number, order), row in homes.numbers.items():
        if number in numbers and order not in {known for known, _ in candidates[number]}:
            candidates[number].append((order, row["since"]))  # type: ignore[arg-type]
    for one in arrivals:
        assert isinstance(one.event.about, ParcelKey)
        number = one.event.about.number
        orders = belief.choose(candidates.get(number, ()), one.event.occurred_at)
        for order in orders:
            homes.facts[order].append(one)
        if not orders:
            homes.parked.append((f"parcel:{number}", one))


def _place_by_stock(connection: Connection, homes: Homes) -> None:
    born = {order: facts for order, facts in homes.facts.items() if order not in homes.known}
    for order, one in goods.reach(connection, homes.stock, born):
        homes.facts[order].append(one)
