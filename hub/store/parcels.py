"""Which order a tracking number means: together with the carrier and the time, for numbers return.

An order claims a number from the day its shop names it. Carriers give a number out again, and two
carriers may use one at the same time, so a claim covers a carrier and a span of days.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, literal_column, or_, select

from hub.store.among import among
from hub.store.rows import insert_or
from hub.store.tables import BeliefRow, ParcelRow, table
from state_machine.carriers import can_be_one, code_of

PARCEL = table(ParcelRow)
BELIEF = table(BeliefRow)

EARLY = timedelta(days=14)  #: a carrier may see a parcel this long before the shop names it
RECYCLED = timedelta(days=120)  #: the longest a parcel is followed; then the number is free again
#: A number named again after this is another parcel. Carriers give one out again after three months
#: at the soonest (EasyPost), counted from a label that may be printed weeks before it is named; and
#: a shop that names one again for the same parcel does it within days.
ANOTHER = timedelta(days=60)
TOGETHER = timedelta(days=3)  #: orders of a shop that name one number this close share the parcel

SEVERAL = ""  #: for a carrier: the shop has named one and then another


class Claim(NamedTuple):
    """An order's word that the parcel of this number is its own."""

    number: str
    order_id: str
    carrier: str | None  #: None: no word on it; ``SEVERAL``: it may be anybody
    since: datetime

    @classmethod
    def made(cls, number: str, order_id: str, carrier: str | None, since: datetime) -> "Claim":
        """Make a claim out of what a shop wrote."""
        return cls(number, order_id, carrier and (code_of(carrier) or carrier)[:255], since)

    def joined(self, other: "Claim") -> "Claim":
        """Return what two statements of one order say together; the same way round as stored."""
        named = {one.carrier for one in (self, other)} - {None}
        carrier = named.pop() if len(named) == 1 else SEVERAL if named else None
        return Claim(self.number, self.order_id, carrier, min(self.since, other.since))

    def covers(self, carrier: str | None, at: datetime) -> bool:
        """Tell whether a scan by ``carrier`` at ``at`` can be of this parcel."""
        if not self.since - EARLY <= at <= self.since + RECYCLED:
            return False
        return can_be_one(self.carrier, carrier, self.number)

    def ends_before(self, at: datetime, others: Iterable["Claim"]) -> bool:
        """Tell whether the number had been given out again by ``at``."""
        return any(
            other.since - self.since >= ANOTHER
            and at >= other.since - EARLY
            and can_be_one(self.carrier, other.carrier, self.number)
            for other in others
        )


_CLAIMS = select(*(PARCEL.c[name] for name in Claim._fields)).where(
    among(PARCEL.c.number, "numbers")
)


def meant(claims: Collection[Claim], carrier: str | None, at: datetime) -> list[Claim]:
    """Return the claims to one number that a scan by ``carrier`` at ``at`` can speak of."""
    return [one for one in claims if one.covers(carrier, at) and not one.ends_before(at, claims)]


def share(claims: Sequence[Claim], shops: Mapping[str, str]) -> bool:
    """Tell whether orders travel in one parcel: one shop named the number for all of them at once.

    In: claims to one number; the shop of each order.
    """
    since = [one.since for one in claims]
    return (
        len({shops[one.order_id] for one in claims}) == 1
        and max(since) - min(since) <= TOGETHER
        and all(
            can_be_one(one.carrier, other.carrier, one.number) for one in claims for other in claims
        )
    )


def claims_to(connection: Connection, numbers: Collection[str]) -> dict[str, dict[str, Claim]]:
    """Return, per tracking number, the claims by order."""
    found: dict[str, dict[str, Claim]] = defaultdict(dict)
    if numbers:
        for row in connection.execute(_CLAIMS, {"numbers": list(numbers)}):
            one = Claim(*row)
            found[one.number][one.order_id] = one
    return found


def shops_of(connection: Connection, orders: Collection[str]) -> dict[str, str]:
    """Return the shop of each of the orders that is stored."""
    query = select(BELIEF.c.order_id, BELIEF.c.shop).where(BELIEF.c.order_id.in_(orders))
    return {row.order_id: row.shop for row in connection.execute(query)}


def claim(connection: Connection, claims: Iterable[Claim]) -> None:
    """Note which orders tracking numbers belong to; what an order said before is added to."""
    insert_or(connection, PARCEL, [one._asdict() for one in claims], _joined)


def _joined(insert: Any) -> Any:
    new, old = insert.excluded, PARCEL.c
    carrier = case(
        (old.carrier.is_(None), new.carrier),
        (or_(new.carrier.is_(None), new.carrier == old.carrier), old.carrier),
        else_=literal_column("''"),  # SEVERAL; the statement is made once, so it takes no values
    )
    return insert.on_conflict_do_update(
        index_elements=list(PARCEL.primary_key.columns),
        set_={
            "carrier": carrier,
            "since": case((new.since < old.since, new.since), else_=old.since),
        },
        where=or_(
            new.since < old.since,
            new.carrier.is_not(None) & (old.carrier.is_(None) | (new.carrier != old.carrier)),
        ),
    )
