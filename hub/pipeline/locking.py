"""Who works on the same order, parcel or goods waits for the other: news are placed one by one.

A scan that finds no order is parked, and an order that names its number looks for parked scans.
Were both done at once, neither would see the other: the scan would wait for ever. So a transaction
first takes a lock on every key its facts are placed by (``hub.store.locking``).
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from connectors.contract import Contact
from hub.store.locking import crowded, lock_keys
from hub.store.timeline import Arrival
from state_machine.events import Ordered, OrderKey, ParcelAnnounced, ParcelKey, ReturnMoved


def lock(connection: Connection, arrivals: Sequence[Arrival], contacts: Iterable[Contact]) -> None:
    """Wait for everybody who places facts by one of the keys of these, until they have committed.

    What is read after this is what they have written.
    """
    if crowded(connection):
        orders = {f"order:{one.about.shop}:{one.about.external_id}" for one in contacts}
        lock_keys(connection, orders.union(*map(_keys, arrivals)))


def _keys(arrival: Arrival) -> set[str]:
    about, what = arrival.event.about, arrival.event.what
    if isinstance(about, ParcelKey):
        return {f"parcel:{about.number}"}
    if not isinstance(about, OrderKey):
        return {f"sku:{about.sku}"}
    keys = {f"order:{about.shop}:{about.external_id}"}
    if isinstance(what, Ordered):
        keys |= {f"sku:{line.sku}" for line in what.lines if line.sku}
    if isinstance(what, ParcelAnnounced | ReturnMoved) and what.parcel and what.parcel.number:
        keys.add(f"parcel:{what.parcel.number}")
    return keys
