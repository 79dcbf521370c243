"""Who works on the same order, parcel or goods waits for the other: news are placed one by one.

A scan that finds no order is parked, and an order that names its number looks for parked scans.
Were both done at once, neither would see the other: the scan would wait for ever. So a transaction
first takes a lock on every key its facts are placed by, all in one statement and in one order, so
that two transactions never wait for each other in a circle. SQLite has one writer at a time anyway.
"""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b

from sqlalchemy import BIGINT, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from connectors.contract import Contact
from hub.store.timeline import Arrival
from state_machine.events import Ordered, OrderKey, ParcelAnnounced, ParcelKey, ReturnMoved

#: Keys one transaction locks one by one. PostgreSQL keeps all locks of all transactions in one
#: table of fixed size; who needs more than this takes the lock that everybody shares.
MOST = 1000
EVERYTHING = 0x7115A11E
_ALONE = text("SELECT pg_advisory_xact_lock(:everything)")
_EACH = text(
    "SELECT pg_advisory_xact_lock_shared(:everything)::text UNION ALL "
    "SELECT pg_advisory_xact_lock(one)::text FROM unnest(:keys) AS one"
).bindparams(bindparam("keys", type_=ARRAY(BIGINT)))


def lock(connection: Connection, arrivals: Sequence[Arrival], contacts: Iterable[Contact]) -> None:
    """Wait for everybody who places facts by one of the keys of these, until they have committed.

    What is read after this is what they have written.
    """
    if connection.dialect.name == "postgresql":
        orders = {f"order:{one.about.shop}:{one.about.external_id}" for one in contacts}
        lock_keys(connection, orders.union(*map(_keys, arrivals)))


def lock_keys(connection: Connection, keys: Collection[str]) -> None:
    """Wait for everybody who places facts by one of the keys: "order:…", "parcel:…", "sku:…"."""
    if connection.dialect.name != "postgresql" or not keys:
        return
    if len(keys) > MOST:
        connection.execute(_ALONE, {"everything": EVERYTHING})
        return
    numbers = sorted({_number(key) for key in keys})
    connection.execute(_EACH, {"everything": EVERYTHING, "keys": numbers}).all()


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


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)
