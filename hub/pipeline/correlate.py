"""Station 3: whose order is this? A fact finds its order, or waits until one names its key."""

from collections.abc import Iterable

from sqlalchemy import Connection

from connectors.contract import Contact
from hub.pipeline import goods, locking, parcels
from hub.pipeline.homes import Homes as Homes
from hub.pipeline.homes import order_id_of
from hub.pipeline.recent import Recent
from hub.store import belief, parking
from hub.store.inbox import Delivery
from hub.store.timeline import Arrival
from state_machine.events import OrderKey, ParcelKey


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
    parcels.place(connection, homes, by_number)
    _place_by_stock(connection, homes)
    _look_up(connection, homes, recent, set(homes.facts) - homes.known.keys() - concerned)
    _hold(connection, homes)
    return homes


def _look_up(connection: Connection, homes: Homes, recent: Recent, orders: set[str]) -> None:
    """Find what is known of the orders: at hand, or else in the database."""
    at_hand = recent.take(orders)
    homes.at_hand |= at_hand
    homes.known |= {order: one.known for order, one in at_hand.items()}
    homes.known |= belief.load(connection, orders - at_hand.keys())


def _hold(connection: Connection, homes: Homes) -> None:
    """Keep others from the orders; what somebody has written since we looked is read anew."""
    changed = belief.hold(connection, homes.known)
    for order in changed:
        homes.at_hand.pop(order, None)
    homes.known |= belief.load(connection, changed)


def _wake_orders(connection: Connection, homes: Homes) -> None:
    """Facts that waited for an order named in this batch come home."""
    born = [order for order in homes.facts if order not in homes.known and homes.exists(order)]
    facts, contacts = parking.waiting(connection, {f"order:{order}" for order in born})
    # What comes home may name parcels in its turn.
    locking.lock(connection, [one for waited in facts.values() for one in waited], ())
    for order in born:
        key = f"order:{order}"
        homes.facts[order] += facts.get(key, ())
        homes.wake(key, facts.get(key, ()))
        if key in contacts:
            homes.contacts[order].extend(contacts[key])
            homes.unparked_keys.add(key)


def _park_orphans(homes: Homes, stated: list[tuple[Contact, Delivery]]) -> None:
    for order in [order for order in homes.facts if not homes.exists(order)]:
        homes.parked += [(f"order:{order}", one) for one in homes.facts.pop(order)]
    for contact, provenance in stated:
        order = order_id_of(contact.about)
        if homes.exists(order):
            homes.contacts[order].append(contact)
        else:
            homes.parked_contacts.append((f"order:{order}", contact, provenance))


def _place_by_stock(connection: Connection, homes: Homes) -> None:
    born = {order: facts for order, facts in homes.facts.items() if order not in homes.known}
    for order, one in goods.reach(connection, homes.stock, born):
        homes.facts[order].append(one)
