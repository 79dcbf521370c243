"""Who writes beside others waits where their work would meet; a single writer waits for nobody.

Locks are taken in one order by everybody, so that two transactions never wait for each other in a
circle: the marks of deliveries, then keys, then orders. All of them end with the transaction.
"""

from collections.abc import Collection
from hashlib import blake2b

from sqlalchemy import BIGINT, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

#: Keys one transaction locks one by one. PostgreSQL keeps all locks of all transactions in one
#: table of fixed size; who needs more than this takes the lock that everybody shares.
MOST = 1000
EVERYTHING = 0x7115A11E
_ALONE = text("SELECT pg_advisory_xact_lock(:everything)")
_EACH = text(
    "SELECT pg_advisory_xact_lock_shared(:everything)::text UNION ALL "
    "SELECT pg_advisory_xact_lock(one)::text FROM unnest(:keys) AS one"
).bindparams(bindparam("keys", type_=ARRAY(BIGINT)))
_IN_TURN = text("SELECT pg_advisory_xact_lock(:turn)")
_UNLESS_BUSY = text("SELECT pg_try_advisory_xact_lock(:turn)")


def crowded(connection: Connection) -> bool:
    """Whether others may write at the same time; SQLite has one writer at a time anyway."""
    return connection.dialect.name == "postgresql"


def lock_keys(connection: Connection, keys: Collection[str]) -> None:
    """Wait for everybody who places facts by one of the keys: "order:…", "parcel:…", "sku:…".

    What is read after this is what they have written.
    """
    if not keys or not crowded(connection):
        return
    if len(keys) > MOST:
        connection.execute(_ALONE, {"everything": EVERYTHING})
        return
    numbers = sorted({_number(key) for key in keys})
    connection.execute(_EACH, {"everything": EVERYTHING, "keys": numbers}).all()


def in_turn(connection: Connection, what: str) -> None:
    """Let transactions that do ``what`` happen one after the other."""
    if crowded(connection):
        connection.execute(_IN_TURN, {"turn": _number(what)})


def our_turn(connection: Connection, what: str) -> bool:
    """Whether nobody else is doing ``what`` now; if so nobody will until we have committed."""
    if not crowded(connection):
        return True
    return bool(connection.execute(_UNLESS_BUSY, {"turn": _number(what)}).scalar())


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)
