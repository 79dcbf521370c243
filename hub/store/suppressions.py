"""Addresses that are closed: they bounced, an app or a store system is gone, a complaint."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.store.among import among
from hub.store.rows import count_new
from hub.store.tables import table
from hub.store.tables_of_telling import SuppressionRow

SUPPRESSION = table(SuppressionRow)
_CLOSED = select(SUPPRESSION).where(
    among(SUPPRESSION.c.channel, "channels"),
    among(SUPPRESSION.c.address_hash, "hashes"),
)


def digest(address: str) -> str:
    """Return what stands for an address: it is known again, and outlives its erasure."""
    return sha256(address.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()


def close(connection: Connection, channel: str, address: str, *, why: str, now: datetime) -> bool:
    """Never write to an address by a channel again; say whether that is new."""
    row = {"channel": channel, "address_hash": digest(address), "why": why[:255], "since": now}
    return bool(count_new(connection, SUPPRESSION, [row]))


def reopen(connection: Connection, address: str) -> bool:
    """Write to an address again: its owner has shown that it works. Say whether it was closed."""
    this = SUPPRESSION.delete().where(SUPPRESSION.c.address_hash == digest(address))
    return bool(connection.execute(this).rowcount)


def closed(
    connection: Connection, channels: Collection[str], addresses: Collection[str]
) -> dict[tuple[str, str], Row[Any]]:
    """Return which of these addresses are closed on which of these channels, why and since when."""
    known = {digest(address): address for address in addresses}
    if not known:
        return {}
    rows = connection.execute(_CLOSED, {"channels": [*channels], "hashes": [*known]})
    return {(row.channel, known[row.address_hash]): row for row in rows}
