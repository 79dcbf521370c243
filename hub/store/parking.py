"""Facts whose order is not known yet, by the key they wait for."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, case, delete, select, tuple_, update

from connectors.contract import Contact
from hub.store.among import among
from hub.store.rows import insert_new
from hub.store.tables import ParkedRow, table
from hub.store.timeline import Arrival
from state_machine.events import OrderKey

PARKED = table(ParkedRow)
_WAITING = select(PARKED).where(among(PARKED.c.key, "keys"))
_STILL = select(PARKED.c.raw_id).where(among(PARKED.c.raw_id, "raws"))
_DROP = (
    delete(PARKED).where(among(PARKED.c.key, "keys"), PARKED.c.contact).returning(PARKED.c.raw_id)
)


def park(
    connection: Connection,
    arrivals: Sequence[tuple[str, Arrival]],
    contacts: Sequence[tuple[str, Contact, int, str, Any]],
) -> set[int]:
    """Let facts and contacts wait under their keys; return the raws that wait for the first time.

    A fact that waits already is not put there twice: the UNIQUE key decides.
    """
    rows: list[dict[str, Any]] = [
        {
            "key": key,
            "fact_id": one.event.id,
            "raw_id": one.raw_id,
            "source": one.source,
            "received_at": one.received_at,
            "fact": one.text,
            "contact": False,
        }
        for key, one in arrivals
    ]
    rows += [
        {
            "key": key,
            "fact_id": f"contact:{one.stated_at.isoformat()}",
            "raw_id": raw_id,
            "source": source,
            "received_at": received_at,
            "fact": orjson.dumps(one, option=orjson.OPT_UTC_Z).decode(),
            "contact": True,
        }
        for key, one, raw_id, source, received_at in contacts
    ]
    return {row[0] for row in insert_new(connection, PARKED, rows, returning=("raw_id",))}


def waiting(
    connection: Connection, keys: Collection[str]
) -> tuple[dict[str, list[Arrival]], dict[str, list[Contact]]]:
    """Return what waits under the keys: facts and contacts, by key.

    A key whose contacts have been forgotten has none, but it is there.
    """
    facts: dict[str, list[Arrival]] = defaultdict(list)
    contacts: dict[str, list[Contact]] = defaultdict(list)
    if not keys:
        return facts, contacts
    for row in connection.execute(_WAITING, {"keys": [*keys]}):
        if row.contact:
            contacts[row.key] += [contact(row)] if row.fact else []
        else:
            facts[row.key].append(Arrival.stored(row))
    return facts, contacts


def contact(row: Any) -> Contact:
    """Read back what a shop states of a customer."""
    data = orjson.loads(row.fact)
    about = data.pop("about")
    stated_at = datetime.fromisoformat(data.pop("stated_at"))
    return Contact(about=OrderKey(about["shop"], about["external_id"]), stated_at=stated_at, **data)


def of_raws(connection: Connection, raws: Collection[int]) -> Sequence[Row[Any]]:
    """Return what waits of these raws."""
    return connection.execute(select(PARKED).where(PARKED.c.raw_id.in_(raws))).all()


def unpark(
    connection: Connection, released: Collection[tuple[str, str]], raws: Collection[int]
) -> set[int]:
    """Remove (key, fact) rows; return those of ``raws`` for which nothing waits any more."""
    if released:
        name = tuple_(PARKED.c.key, PARKED.c.fact_id)
        connection.execute(delete(PARKED).where(name.in_(released)))
    if not raws:
        return set()
    still = connection.execute(_STILL, {"raws": [*raws]})
    return set(raws) - {row[0] for row in still}


def drop_contacts(connection: Connection, keys: Collection[str]) -> set[int]:
    """Remove the contacts that waited under the keys: they are in their own table now.

    Returns the raws that stated them.
    """
    if not keys:
        return set()
    return set(connection.execute(_DROP, {"keys": [*keys]}).scalars())


def expire(connection: Connection, before: datetime, now: datetime, limit: int) -> int:
    """Put up to ``limit`` of what has waited since before ``before`` on the list of the expired.

    It still comes home with its order, but for what was stated of a customer: nobody may ever ask
    for that, so it is forgotten. Returns how many rows it was.
    """
    name = (PARKED.c.key, PARKED.c.fact_id)
    late = PARKED.c.expired_at.is_(None), PARKED.c.received_at < before
    names = connection.execute(select(*name).where(*late).limit(limit)).all()
    if names:
        these = update(PARKED).where(tuple_(*name).in_([tuple(one) for one in names]))
        forgotten = case((PARKED.c.contact, ""), else_=PARKED.c.fact)
        connection.execute(these.values(expired_at=now, fact=forgotten))
    return len(names)
