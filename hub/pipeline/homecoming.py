"""The second look at what is parked: whatever slipped past its order comes home after all.

An order takes home what waits for it in the transaction that makes it known. Should that ever fail
(a fault of ours, a row put back by hand), the facts would wait for ever; so the hub looks again.
"""

from collections.abc import Callable, Collection
from functools import partial

from sqlalchemy import Connection

from hub.pipeline.apply import Applied, take_home
from hub.pipeline.batch import BATCH
from hub.pipeline.correlate import correlate
from hub.pipeline.recent import Recent
from hub.store import parking
from hub.store.inbox import Delivery
from hub.store.session import Store
from hub.store.strays import Name, strays, those
from hub.store.timeline import Arrival
from hub.telemetry import alert


async def recheck(store: Store, recent: Recent, changed: Callable[[Applied], None]) -> int:
    """Bring home what is parked although its order is known; return how much that was.

    In: the orders at hand of whoever applies facts to this database; who is told of each batch.
    """
    names = await store.read(lambda connection: list(strays(connection)))
    for first in range(0, len(names), BATCH):
        some = partial(bring_home, names=names[first : first + BATCH], recent=recent)
        changed(await store.write(some, then=lambda applied: recent.keep(applied.at_hand)))
    if names:
        alert("parked_though_known", count=len(names), first=names[0][0])
    return len(names)


def bring_home(connection: Connection, names: Collection[Name], recent: Recent) -> Applied:
    """Place parked facts anew, as if they had just come; those without an order go on waiting."""
    rows = those(connection, names)
    arrivals = [Arrival.stored(row) for row in rows if not row.contact]
    stated = [
        (parking.contact(row), Delivery(row.raw_id, "", row.source, "", "", row.received_at, 0))
        for row in rows
        if row.contact and row.fact
    ]
    homes = correlate(connection, arrivals, stated, recent)
    waiting = {(key, one.event.id) for key, one in homes.parked}
    homes.unparked_keys |= {row.key for row in rows if row.contact}
    homes.unparked_keys -= {key for key, _, _ in homes.parked_contacts}
    for row in rows:
        if not row.contact and (row.key, row.fact_id) not in waiting:
            homes.unparked.append((row.key, row.fact_id))
            homes.woken.add(row.raw_id)
    applied = Applied()
    take_home(connection, homes, applied)
    return applied
