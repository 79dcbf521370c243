"""Facts that have waited too long for their order are listed, and somebody is told to look."""

from datetime import datetime, timedelta

from hub.store import parking
from hub.store.session import Store
from hub.telemetry import alert

AT_ONCE = 1000  #: rows per transaction, so that the door never waits long


async def expire_parked(store: Store, now: datetime, days: int) -> int:
    """List as expired what was parked more than ``days`` ago; return how much that was.

    Nothing else ends for a fact: it comes home whenever its order becomes known.
    """
    before, total = now - timedelta(days=days), 0
    while True:
        count = await store.write(lambda c: parking.expire(c, before, now, AT_ONCE))
        total += count
        if count < AT_ONCE:
            break
    if total:
        alert("parked_expired", count=total, remedy="tilanne parked list --expired")
    return total
