"""Customers: found by their own id or by a shop's contact, joined by what they have verified."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, Row, or_, select, update

from hub.store import consents, suppressions
from hub.store.contacts import e164
from hub.store.rows import insert_new
from hub.store.tables import BeliefRow, ContactRow, table
from hub.store.tables_of_customers import CustomerAddressRow, CustomerRow

CUSTOMER = table(CustomerRow)
ADDRESS = table(CustomerAddressRow)
CONTACT = table(ContactRow)
BELIEF = table(BeliefRow)

NOTHING = "{}"  #: JSON of no wishes


@dataclass(frozen=True, slots=True)
class Customer:
    """A person as we know them; ``row`` None: they have said nothing to us yet."""

    id: str
    row: Row[Any] | None
    contacts: Sequence[Row[Any]]

    @property
    def version(self) -> int:
        """How often they have changed their mind."""
        return self.row.version if self.row is not None else 0


def find(connection: Connection, ref: str) -> Customer | None:
    """Return a customer by their id, or by the id of a contact (an order's ``customer_ref``)."""
    row = connection.execute(select(CUSTOMER).where(CUSTOMER.c.id == ref)).one_or_none()
    if row is not None:
        if row.joined_into:
            return find(connection, row.joined_into)
        mine = select(CONTACT).where(CONTACT.c.customer_id == row.id).order_by(CONTACT.c.id)
        return Customer(row.id, row, connection.execute(mine).all())
    contact = connection.execute(select(CONTACT).where(CONTACT.c.id == ref)).one_or_none()
    if contact is None:
        return None
    if contact.customer_id:
        return find(connection, contact.customer_id)
    return Customer(contact.id, None, [contact])


def of_order(connection: Connection, order_id: str) -> Customer | None:
    """Return the customer of an order; None if nobody is known."""
    who = connection.scalar(select(BELIEF.c.contact_id).where(BELIEF.c.order_id == order_id))
    return find(connection, who) if who else None


def settle(connection: Connection, found: Customer, now: datetime) -> str:
    """Give a customer who begins to say something a row of their own; return its id."""
    if found.row is not None:
        return found.id
    own = new_id(found.id)
    row = {"id": own, "channels": NOTHING, "consents": NOTHING, "version": 0, "changed_at": now}
    insert_new(connection, CUSTOMER, [row])
    mine = update(CONTACT).where(CONTACT.c.id == found.id, CONTACT.c.customer_id.is_(None))
    connection.execute(mine.values(customer_id=own))
    return own


def new_id(contact: str) -> str:
    """Return the id of the customer whose first contact this is; it says nothing about them."""
    return "u_" + sha256(contact.encode()).hexdigest()[:24]


def change(
    connection: Connection,
    customer: str,
    wishes: Mapping[str, Any],
    said: Iterable[consents.Entry],
    now: datetime,
) -> None:
    """Write down what a customer wants and agrees to: columns, and lines of the ledger."""
    consents.add(connection, customer, said)
    _renew(connection, customer, wishes, now)


def state_address(
    connection: Connection,
    customer: str,
    *,
    kind: str,
    address: str,
    verified: bool,
    now: datetime,
) -> str:
    """Note an address of a customer; return whose it is now.

    Whoever has verified an address another customer has verified too is that customer: the two
    are joined. An address that is only stated joins nobody.
    """
    if verified:
        suppressions.reopen(connection, address)
        customer = _join_with_owner(connection, customer, kind=kind, address=address, now=now)
    row = {"customer_id": customer, "kind": kind, "address": address, "stated_at": now}
    insert_new(connection, ADDRESS, [row])
    this = update(ADDRESS).where(
        ADDRESS.c.customer_id == customer, ADDRESS.c.kind == kind, ADDRESS.c.address == address
    )
    proof = {"verified_at": now} if verified else {}
    connection.execute(this.values(disabled_at=None, disabled_because=None, **proof))
    _renew(connection, customer, {}, now)
    return customer


def normal(kind: str, address: str) -> str | None:
    """Return an address as all are written; None if it is none of this kind."""
    text = address.strip()
    if kind == "phone":
        return e164(text, None)
    if kind == "email":
        return text.lower() if "@" in text and text.isprintable() else None
    return text or None


def disable_address(
    connection: Connection, *, kind: str, address: str, because: str, now: datetime
) -> int:
    """Stop using an address, whoever has it; return how many had."""
    these = update(ADDRESS).where(
        ADDRESS.c.kind == kind, ADDRESS.c.address == address, ADDRESS.c.disabled_at.is_(None)
    )
    return connection.execute(these.values(disabled_at=now, disabled_because=because)).rowcount


def addresses(connection: Connection, customers: Collection[str]) -> Sequence[Row[Any]]:
    """Return every address customers have stated themselves, the latest first."""
    if not customers:
        return ()
    mine = select(ADDRESS).where(ADDRESS.c.customer_id.in_(customers))
    return connection.execute(mine.order_by(ADDRESS.c.stated_at.desc(), ADDRESS.c.address)).all()


def everyone(connection: Connection, customer: str) -> list[str]:
    """Return the customer with all who turned out to be them."""
    same = or_(CUSTOMER.c.id == customer, CUSTOMER.c.joined_into == customer)
    return [*connection.scalars(select(CUSTOMER.c.id).where(same))]


def _join_with_owner(
    connection: Connection, customer: str, *, kind: str, address: str, now: datetime
) -> str:
    known = select(ADDRESS.c.customer_id).where(
        ADDRESS.c.kind == kind, ADDRESS.c.address == address, ADDRESS.c.verified_at.is_not(None)
    )
    owner = connection.scalar(known)
    if owner is None or owner == customer:
        return customer
    same = or_(CUSTOMER.c.id == customer, CUSTOMER.c.joined_into == customer)
    connection.execute(update(CUSTOMER).where(same).values(joined_into=owner))
    mine = update(CONTACT).where(CONTACT.c.customer_id == customer)
    connection.execute(mine.values(customer_id=owner))
    _move_addresses(connection, customer, owner)
    _renew(connection, owner, {}, now)
    return str(owner)


def _move_addresses(connection: Connection, customer: str, owner: str) -> None:
    rows = [row._asdict() for row in addresses(connection, [customer])]
    connection.execute(ADDRESS.delete().where(ADDRESS.c.customer_id == customer))
    insert_new(connection, ADDRESS, [row | {"customer_id": owner} for row in rows])


def _renew(connection: Connection, customer: str, wishes: Mapping[str, Any], now: datetime) -> None:
    """Set the wishes, add the ledger up, and count one change."""
    entries = consents.ledger(connection, everyone(connection, customer))
    connection.execute(
        update(CUSTOMER)
        .where(CUSTOMER.c.id == customer)
        .values(
            consents=orjson.dumps(consents.standing(entries), option=orjson.OPT_SORT_KEYS).decode(),
            version=CUSTOMER.c.version + 1,
            changed_at=now,
            **wishes,
        )
    )
