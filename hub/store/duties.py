"""Work that one of several processes does at a time: who does it, and who takes over from the dead.

Nothing hangs on it but waste: what two should do at once is fenced where it is written. So a
process that stands still and goes on later does no harm, and clocks may differ a little.
"""

from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import Connection, or_, update

from hub.clock import Clock
from hub.store.rows import count_new
from hub.store.session import Store
from hub.store.tables import table
from hub.store.tables_of_duties import DutyRow

DUTY = table(DutyRow)
LEASE = timedelta(seconds=10)  #: after which another process takes over
BEAT = LEASE / 5  #: between two renewals


def take(connection: Connection, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Take a duty that nobody has, or keep it for longer; False when it is somebody else's."""
    free = or_(DUTY.c.holder == holder, DUTY.c.until <= now)
    mine = update(DUTY).where(DUTY.c.name == name, free).values(holder=holder, until=until)
    if connection.execute(mine).rowcount:
        return True
    return count_new(connection, DUTY, [{"name": name, "holder": holder, "until": until}]) == 1


def claim(connection: Connection, name: str, *, now: datetime, until: datetime) -> bool:
    """Claim what is to be done once until then; False when somebody has claimed it."""
    return take(connection, name, token_hex(8), now=now, until=until)


def give_up(connection: Connection, name: str, holder: str, now: datetime) -> None:
    """Let somebody else take a duty at once."""
    mine = (DUTY.c.name == name, DUTY.c.holder == holder)
    connection.execute(update(DUTY).where(*mine).values(until=now))


class Duty:
    """One process's part in a duty."""

    def __init__(self, store: Store, name: str, clock: Clock) -> None:
        """Begin without it."""
        self._store, self._name, self._clock = store, name, clock
        self._holder = token_hex(8)
        self._ours = False
        self._look_at = clock()

    async def ours(self) -> bool:
        """Whether we are the one; always, where nobody else can be. Raises ``StoreUnavailable``."""
        if not self._store.shared:
            return True
        now = self._clock()
        if now >= self._look_at:
            self._ours = False  # until the database has said so
            name, holder, until = self._name, self._holder, now + LEASE
            self._ours = await self._store.write(
                lambda c: take(c, name, holder, now=now, until=until)
            )
            self._look_at = now + BEAT
        return self._ours

    async def let_go(self) -> None:
        """Let another one be it. Raises ``StoreUnavailable``."""
        if self._ours and self._store.shared:
            self._ours, now = False, self._clock()
            await self._store.write(lambda c: give_up(c, self._name, self._holder, now))
