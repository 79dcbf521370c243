"""The one place of personal data: who ordered, and how they can be told."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from typing import Any

import phonenumbers
from sqlalchemy import Connection, func

from connectors.contract import Contact
from hub.store.rows import insert_or
from hub.store.tables import ContactRow, table

CONTACT = table(ContactRow)

_ID = itemgetter("id")
FIELDS = ("name", "email", "phone", "language", "country", "street", "postal_code", "city")


def contact_id(contact: Contact) -> str:
    """Return the id everything else refers to; it says nothing about the person."""
    customer = contact.customer or f"order:{contact.about.external_id}"
    return "c_" + sha256(f"{contact.about.shop}\n{customer}".encode()).hexdigest()[:24]


def save(connection: Connection, contacts: Sequence[Contact]) -> None:
    """Store what shops say of their customers; the latest statement holds, gaps erase nothing."""
    rows = sorted((_row(one) for one in contacts), key=_ID)  # customers are locked in one order
    insert_or(connection, CONTACT, rows, _later_statement)


def _later_statement(insert: Any) -> Any:
    new = insert.excluded
    changed: dict[str, Any] = {name: func.coalesce(new[name], CONTACT.c[name]) for name in FIELDS}
    return insert.on_conflict_do_update(
        index_elements=[CONTACT.c.id],
        set_=changed | {"stated_at": new.stated_at},
        where=new.stated_at >= CONTACT.c.stated_at,
    )


def _row(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact_id(contact),
        "shop": contact.about.shop,
        "customer": contact.customer or f"order:{contact.about.external_id}",
        "stated_at": contact.stated_at,
        "name": contact.name,
        "email": contact.email.strip().lower() if contact.email else None,
        "phone": e164(contact.phone, contact.country),
        "language": contact.language,
        "country": contact.country,
        "street": contact.street,
        "postal_code": contact.postal_code,
        "city": contact.city,
    }


@lru_cache(maxsize=1024)  # one customer is stated with every change of the order
def e164(phone: str | None, country: str | None) -> str | None:
    """Bring a phone number to E.164; None when it is no possible number.

    A number without a country code is read as one of ``country``, else as Finnish.
    """
    if not phone:
        return None
    try:
        parsed = phonenumbers.parse(phone, (country or "FI").upper())
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
