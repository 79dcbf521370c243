"""How orders are found when their id is not known: by parcel, by person, by the number they read.

Each ``by_*`` returns a condition for ``Queries.find``. People write numbers and addresses in many
ways, so each brings its text to the spelling that is stored.
"""

import base64
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, and_, or_, select

from hub.refusals import Refused
from hub.store.columns import KEY
from hub.store.contacts import e164
from hub.store.tables import BeliefRow, ContactRow, ParcelRow, table
from state_machine.events import normalise_number

Condition = ColumnElement[bool]


BELIEF, CONTACT, PARCEL = table(BeliefRow), table(ContactRow), table(ParcelRow)


def by_tracking(number: str) -> Condition:
    """Orders that have, or had, a parcel of this tracking number, however it is spelt."""
    known = select(PARCEL.c.order_id).where(PARCEL.c.number == normalise_number(number))
    return BELIEF.c.order_id.in_(known)


def by_email(address: str) -> Condition:
    """Orders of everyone with this e-mail address."""
    return _of_contacts(CONTACT.c.email == address.strip().lower())


def by_phone(number: str) -> Condition:
    """Orders of everyone with this phone number; raises ``Refused`` when it is no number.

    A leading blank is a "+" that was not percent-encoded in the address.
    """
    text = "+" + number.lstrip() if number.startswith(" ") else number
    known_as = e164(text, country=None)
    if known_as is None:
        raise Refused("bad-parameter", "phone: this cannot be a phone number.")
    return _of_contacts(CONTACT.c.phone == known_as)


def by_number(shop: str, number: str) -> Condition:
    """Orders of a shop by the number the customer reads, with or without a leading "#"."""
    bare = number.strip().removeprefix("#")
    return and_(BELIEF.c.shop == shop, BELIEF.c.number.in_([number, bare, f"#{bare}"]))


def behind(cursor: str) -> Condition:
    """Orders that come after the place a cursor names; raises ``Refused`` (bad-cursor)."""
    as_of, order_id = _read(cursor)
    return or_(BELIEF.c.as_of < as_of, and_(BELIEF.c.as_of == as_of, BELIEF.c.order_id < order_id))


def cursor_at(as_of: datetime, order_id: str) -> str:
    """Return the cursor whose page begins behind this order."""
    place = orjson.dumps([as_of.isoformat(), order_id])
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def possible(key: str) -> bool:
    """Tell whether a text can be a key at all; PostgreSQL knows no NUL."""
    return 0 < len(key) <= KEY and "\0" not in key


def _read(cursor: str) -> tuple[datetime, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        as_of, order_id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(as_of)
        if moment.tzinfo is None or not possible(order_id):
            raise ValueError("no place in the list")
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused("bad-cursor", "The cursor cannot be read.") from error
    return moment, order_id


def _of_contacts(who: Condition) -> Condition:
    return BELIEF.c.contact_id.in_(select(CONTACT.c.id).where(who))
