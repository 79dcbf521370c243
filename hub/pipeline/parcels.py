"""Whose parcel is it? Facts that know only a tracking number find the order that claims it.

A number means one parcel only together with its carrier and its time. Where that still leaves
several orders, nobody guesses: a person says which.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from hub.pipeline.homes import Homes
from hub.store import parcels, parking, timeline
from hub.store.parcels import Claim
from hub.store.timeline import Arrival
from state_machine.events import OrderKey, ParcelAnnounced, ParcelKey, Retracted, ReturnMoved

NAMING = (ParcelAnnounced, ReturnMoved)  #: facts that may name a parcel of their order
Claims = Mapping[str, Mapping[str, Claim]]  #: by number, then by order
Unclear = list[tuple[Arrival, bool]]  #: facts, and whether they have waited until now


def place(connection: Connection, homes: Homes, scans: Sequence[Arrival]) -> None:
    """Find the orders of facts about parcels, and of those that waited for a number named now.

    In: the homes of the batch, which are filled in; the facts that know only a number.
    """
    homes.claims = _named(homes)
    named = {number for number, _ in homes.claims}
    claims = parcels.claims_to(connection, named | {_about(one).number for one in scans})
    late = [
        one
        for one in homes.claims.values()
        if claims[one.number] and one.order_id not in claims[one.number]
    ]
    for one in homes.claims.values():
        known = claims[one.number].get(one.order_id)
        claims[one.number][one.order_id] = known.joined(one) if known else one
    waiting, _ = parking.waiting(connection, {f"parcel:{number}" for number in named})
    waited = [one for facts in waiting.values() for one in facts]
    unclear = [(one, False) for one in scans if not _plain(homes, claims, one, waited=False)]
    unclear += [(one, True) for one in waited if not _plain(homes, claims, one, waited=True)]
    if unclear or late:
        _look_closer(connection, homes, claims, unclear, late)


def _about(one: Arrival) -> ParcelKey:
    assert isinstance(one.event.about, ParcelKey)
    return one.event.about


def _named(homes: Homes) -> dict[tuple[str, str], Claim]:
    """Return the tracking numbers that this batch names."""
    named: dict[tuple[str, str], Claim] = {}
    for order, arrivals in homes.facts.items():
        for one in arrivals:
            what = one.event.what
            if not isinstance(what, NAMING) or what.parcel is None:
                continue
            if number := what.parcel.number:
                claim = Claim.made(number, order, what.parcel.carrier, one.event.occurred_at)
                known = named.get((number, order))
                named[number, order] = claim.joined(known) if known else claim
    return named


def _plain(homes: Homes, claims: Claims, one: Arrival, *, waited: bool) -> bool:
    """Place a fact if there is nothing to choose: at most one order claims the number."""
    about = _about(one)
    known = claims.get(about.number)
    if not known:
        _settle(homes, one, (), waited=waited)
        return True
    if len(known) == 1:
        (claim,) = known.values()
        if claim.covers(about.carrier, one.event.occurred_at):
            _settle(homes, one, (claim.order_id,), waited=waited)
            return True
    return False


def _settle(homes: Homes, one: Arrival, orders: Sequence[str], *, waited: bool) -> None:
    """Bring a fact home to these orders; without any it waits, or goes on waiting."""
    for order in orders:
        homes.facts[order].append(one)
    if orders and waited:
        homes.wake(_key(one), [one])
    elif not orders and not waited:
        homes.parked.append((_key(one), one))


def _key(one: Arrival) -> str:
    return f"parcel:{_about(one).number}"


# --- more than one order, or none that fits ----------------------------------------------------


def _look_closer(
    connection: Connection, homes: Homes, claims: Claims, unclear: Unclear, late: Sequence[Claim]
) -> None:
    numbers = {_about(one).number for one, _ in unclear} | {claim.number for claim in late}
    orders = {order for number in numbers for order in claims[number]}
    shops = _shops(connection, homes, orders)
    _catch_up(connection, homes, claims, late, shops)
    known = _known(connection, homes, orders, [one for one, _ in unclear])
    for one, waited in unclear:
        about = _about(one)
        meant = parcels.meant(claims[about.number].values(), about.carrier, one.event.occurred_at)
        at_home = known.get(one.event.id) or known.get(_retracted(one))
        if at_home:
            _settle(homes, one, sorted(at_home), waited=waited)
        elif len(meant) < 2 or parcels.share(meant, shops):
            _settle(homes, one, [claim.order_id for claim in meant], waited=waited)
        else:
            homes.ambiguous.append((one, sorted(claim.order_id for claim in meant)))
            if waited:
                homes.wake(_key(one), [one])


def _shops(connection: Connection, homes: Homes, orders: set[str]) -> dict[str, str]:
    born = {
        order: one.event.about.shop
        for order in orders
        for one in homes.facts.get(order, ())
        if isinstance(one.event.about, OrderKey)
    }
    return parcels.shops_of(connection, orders) | born


def _retracted(one: Arrival) -> str:
    return one.event.what.fact if isinstance(one.event.what, Retracted) else ""


def _known(
    connection: Connection, homes: Homes, orders: set[str], facts: Sequence[Arrival]
) -> Mapping[str, set[str]]:
    """Return, per fact, the orders on whose timeline it is: what has a home keeps it.

    A retraction belongs where the fact is that it takes back, however long ago that was.
    """
    wanted = {one.event.id for one in facts} | {_retracted(one) for one in facts}
    found = defaultdict(set, timeline.homes_of(connection, orders, wanted))
    for order in orders:
        for one in homes.facts.get(order, ()):
            if one.event.id in wanted:
                found[one.event.id].add(order)
    return found


def _catch_up(
    connection: Connection,
    homes: Homes,
    claims: Claims,
    late: Sequence[Claim],
    shops: Mapping[str, str],
) -> None:
    """Give orders that join a parcel late the facts that the others had of it before."""
    others = {order for claim in late for order in claims[claim.number]}
    for one in timeline.about_parcels(connection, others, {claim.number for claim in late}):
        about = _about(one)
        meant = parcels.meant(claims[about.number].values(), about.carrier, one.event.occurred_at)
        joined = {claim.order_id for claim in meant}
        if parcels.share(meant, shops):
            for claim in late:
                if claim.number == about.number and claim.order_id in joined:
                    homes.facts[claim.order_id].append(one)
