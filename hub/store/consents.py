"""What customers agreed to and withdrew: a ledger only ever added to, and what it adds up to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.store.rows import insert_all
from hub.store.tables import table
from hub.store.tables_of_customers import ConsentRow

CONSENT = table(ConsentRow)
EVERY = "*"  #: stands for every channel
#: what can be agreed to besides message classes: that messages carry an offer, on every channel
OFFERS = "offers"

Standing = Mapping[str, bool]  #: "channel/class" -> given


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger: a customer agreed to something, or withdrew it."""

    channel: str
    message_class: str
    given: bool
    at: datetime
    source: str
    shop: str | None = None
    text_id: str | None = None
    text_hash: str | None = None


def add(connection: Connection, customer: str, entries: Iterable[Entry]) -> None:
    """Write lines into the ledger of a customer."""
    rows = [
        {"customer_id": customer}
        | {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
        for entry in entries
    ]
    insert_all(connection, CONSENT, rows)


def ledger(connection: Connection, customers: Collection[str]) -> Sequence[Row[Any]]:
    """Return every line of these customers, in the order things were said."""
    mine = select(CONSENT).where(CONSENT.c.customer_id.in_(customers))
    return connection.execute(mine.order_by(CONSENT.c.at, CONSENT.c.id)).all()


def standing(entries: Iterable[Any]) -> dict[str, bool]:
    """Add the ledger up: the latest word holds; one on every channel covers those before it."""
    found: dict[str, bool] = {}
    for entry in entries:
        if entry.channel == EVERY:
            found = {
                key: given for key, given in found.items() if _class(key) != entry.message_class
            }
        found[f"{entry.channel}/{entry.message_class}"] = entry.given
    return found


def agreed(consents: Standing, channel: str, message_class: str) -> bool | None:
    """Return what was said last of a class of messages by a channel; None: nothing ever."""
    said = consents.get(f"{channel}/{message_class}")
    return consents.get(f"{EVERY}/{message_class}") if said is None else said


def _class(key: str) -> str:
    return key.rpartition("/")[2]
