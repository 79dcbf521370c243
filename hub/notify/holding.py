"""Notices that are being sent: kept as long as somebody works on them, given back, or taken over.

A notice is its sender's by a lease, which is renewed while the sending lasts. A dispatcher that
dies or stands still lets it run out, and another one takes over: the attempt's number tells the two
apart, and whatever the first still says of it does not count any more (``hub.store.attempts``).
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from hub.clock import Clock
from hub.crashpoints import crashpoint
from hub.notify.audience import House
from hub.notify.endings import held, in_doubt
from hub.notify.lanes import Health
from hub.notify.sending import Sender
from hub.notify.taking import Taken
from hub.store import leases
from hub.store.session import Store, StoreUnavailable
from hub.store.settling import Settlement

BEATS = 6  #: renewals in the time of a lease
NOT_BEGUN = "not begun: nobody is there to take it"
AGAIN = 0.5  #: seconds until an outcome is written down once more that could not be

log = structlog.get_logger()


class InHand:
    """What one dispatcher is sending, and what others have left."""

    def __init__(self, store: Store, clock: Clock, house: House, sender: Sender) -> None:
        """Begin with nothing in hand."""
        self._store = store
        self._clock = clock
        self._house = house
        self._sender = sender
        self._lease = timedelta(seconds=house.settings.lease_seconds)
        self._notices: dict[int, int] = {}
        self._left: dict[int, int] = {}  #: nobody works on these any more; they are not renewed
        self._beat_at = clock()
        self._held_before: dict[int, int] = {}  #: at the last beat

    def hold(self, taken: Taken) -> None:
        """Keep a notice that was taken; ``send`` or ``put_back`` comes next."""
        self._notices[taken.row.id] = taken.n

    async def put_back(self, taken: Taken) -> None:
        """Let a notice wait in the database again that was taken and not begun."""
        now = self._clock()
        end = Settlement(outcome="retry", state="due", detail=NOT_BEGUN, at=now, next_at=now)
        try:
            await self._write_down(taken, end)
        finally:
            self._let_go(taken)

    async def send(self, taken: Taken, answered: Callable[[Health], object]) -> None:
        """Send a notice that is held. Raises ``StoreUnavailable`` only when the store is done."""
        try:
            channel = self._house.channels[taken.row.channel]
            end = await self._sender.attempt(taken, channel, answered)
            if end is not None:
                await self._write_down(taken, end)
        except asyncio.CancelledError:  # the hub stops: ``give_back`` will say what became of it
            self._left[taken.row.id] = taken.n
            self._let_go(taken)
            raise
        except BaseException:
            self._let_go(taken)
            raise
        self._let_go(taken)

    def _let_go(self, taken: Taken) -> None:
        if self._notices.get(taken.row.id) == taken.n:
            del self._notices[taken.row.id]

    async def _write_down(self, taken: Taken, end: Settlement) -> None:
        """Settle an attempt, however long the database is away: what was sent must not be lost."""
        channel = self._house.channels[taken.row.channel]
        while True:
            try:
                await self._sender.write_down(taken, channel, end)
            except StoreUnavailable as error:
                if not self._store.alive:
                    raise
                log.warning("notify.unsettled", notice=taken.row.id, reason=str(error))
            else:
                return
            await _rest(AGAIN)

    async def beat(self) -> None:
        """Keep what is in hand, now and then; what was taken since the last time is young yet."""
        now = self._clock()
        if not self._notices or now < self._beat_at:
            return
        self._beat_at = now + self._lease / BEATS
        mine = dict(self._notices.items() & self._held_before.items())
        self._held_before = dict(self._notices)
        if mine:
            await self._store.write(lambda c: leases.renew(c, mine, now + self._lease))

    async def give_back(self) -> None:
        """Let others send what is still in hand; call it when nobody works on it any more."""
        mine, self._notices, self._left = self._left | self._notices, {}, {}
        if mine:
            rows = await self._store.read(lambda c: leases.of(c, mine))
            await self._settle([row for row in rows if mine[row.id] == row.n])

    async def recover(self) -> int:
        """Pick up attempts whose sender is gone: their lease is over. Return how many there were.

        What was not handed over yet goes out again; so does what the provider can tell apart. The
        rest may have been received, and ``on_ambiguous`` decides.
        """
        now = self._clock()
        return await self._settle(await self._store.read(lambda c: leases.over(c, now)))

    async def begin(self) -> int:
        """Pick up at the start what is left; as ``recover``.

        Who is alone with the database need not wait for leases: nobody else can be sending.
        """
        if self._store.shared:
            return await self.recover()
        return await self._settle(await self._store.read(leases.everything))

    async def _settle(self, rows: Sequence[Row[Any]]) -> int:
        for row in rows:
            crashpoint("recovery.attempt")
            await self._sender.settle(row.id, row.n, row.channel, self._lost(row))
        return len(rows)

    def _lost(self, row: Any) -> Settlement:
        now, channel = self._clock(), self._house.channels.get(row.channel)
        # A channel that shows a repetition only once does not write down when it hands over.
        repeatable = channel is not None and channel.deduplicates
        handed = repeatable or row.handing_at is not None
        noted = row.provider_ref or ""
        if handed and (channel is None or in_doubt(channel, noted) == "hold"):
            return held("the hub stopped before the answer came", now)
        return Settlement(
            outcome="ambiguous" if handed else "retry",
            state="due",
            detail="the hub stopped in the middle of this attempt",
            at=now,
            next_at=now,
        )


async def _rest(seconds: float) -> None:
    try:
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
    except TimeoutError:
        return
