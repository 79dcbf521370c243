"""The dispatcher: plans what changed, takes what is due, sends it, and picks up after a crash."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from hub.catalogues import Catalogues
from hub.clock import Clock
from hub.config import Settings
from hub.crashpoints import crashpoint
from hub.notify.audience import House
from hub.notify.channels import Channel, Tools, open_channels
from hub.notify.counting import Counts
from hub.notify.endings import held
from hub.notify.lanes import Traffic
from hub.notify.planning import plan, revive, settle_strangers
from hub.notify.render import Renderer
from hub.notify.sending import Health, Sender
from hub.notify.taking import Taken, take
from hub.store import attempts
from hub.store.attempts import Settlement
from hub.store.outbox import keep_mail
from hub.store.session import Store, StoreUnavailable

log = structlog.get_logger()

POLL = 1.0  #: seconds between two looks at the database when nobody wakes us
CHORES = timedelta(seconds=10)  #: between two looks for what a lost attempt or a late address left
GRACE = 10.0  #: seconds sends have to end by themselves when the hub stops


class Dispatcher:
    """Turns outbox rows into notices and notices into messages. One per database.

    In: the store, the settings, a clock, the languages, the channels (left out: every file of
    ``channels/``) and the words (left out: every template). ``counts`` says what it has done.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        catalogues: Catalogues,
        channels: Mapping[str, Channel] | None = None,
        renderer: Renderer | None = None,
    ) -> None:
        """Open the channels and read the templates; nothing is sent before ``run`` or ``step``."""
        if channels is None:
            channels = open_channels(Tools(settings, clock, self._keep_mail))
        self._store = store
        self._settings = settings
        self._clock = clock
        self._house = House(settings, channels, catalogues)
        self.counts = Counts()
        renderer = renderer or Renderer(catalogues, settings)
        self._sender = Sender(store, settings, clock, renderer, self.counts)
        self._traffic = Traffic(self._house)
        self._tasks: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._stopping = False
        self._recovered = False
        self._chores_at = clock()

    def wake(self) -> None:
        """Say that something was committed; to be called in the dispatcher's event loop."""
        self._awake.set()

    async def run(self) -> None:
        """Work until ``stop`` or cancellation; a database that is away is waited for."""
        while not self._stopping:
            self._awake.clear()
            try:
                done = await self._advance()
            except StoreUnavailable as error:
                log.warning("notify.waits", reason=str(error))
                done = 0
            except Exception:
                log.exception("notify.failed")
                done = 0
            if not done:
                await self._pause()

    async def step(self) -> int:
        """Make one pass and wait for what it sent; return how much there was to do."""
        done = await self._advance()
        await asyncio.gather(*self._tasks)
        return done

    async def stop(self, grace: float = GRACE) -> None:
        """Take nothing new, give what is under way ``grace`` seconds to end, close the channels."""
        self._stopping = True
        self._awake.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for channel in self._house.channels.values():
            await channel.close()

    async def recover(self, *, everything: bool = True) -> int:
        """Pick up attempts whose sender is gone: at the start all, later those without a lease.

        What was not handed over yet goes out again; so does what the provider can tell apart. The
        rest may have been received, and ``on_ambiguous`` decides. Returns how many there were.
        """
        now = self._clock()
        rows = await self._store.read(lambda c: attempts.unfinished(c, None if everything else now))
        for row in rows:
            crashpoint("recovery.attempt")
            end = self._lost(row)
            await self._sender.settle(row.id, row.n, row.channel, end)
        return len(rows)

    def _lost(self, row: Any) -> Settlement:
        now, channel = self._clock(), self._house.channels.get(row.channel)
        # A channel that shows a repetition only once does not write down when it hands over.
        repeatable = channel is not None and channel.deduplicates
        handed = repeatable or row.handing_at is not None
        if handed and (channel is None or channel.on_ambiguous == "hold"):
            return held("the hub stopped before the answer came", now)
        return Settlement(
            outcome="ambiguous" if handed else "retry",
            state="due",
            detail="the hub stopped in the middle of this attempt",
            at=now,
            next_at=now,
        )

    async def _advance(self) -> int:
        await self._chores()
        changes, due = await self._store.read(lambda c: attempts.waiting(c, self._clock()))
        planned = taken = 0
        if changes:
            planned = await self._store.write(lambda c: plan(c, self._house, self._clock()))
            crashpoint("notify.planned")
        if changes or due:
            taken = await self._take()
        return planned + taken

    async def _chores(self) -> None:
        now = self._clock()
        if not self._recovered:
            await self.recover()
            await self._store.write(lambda c: settle_strangers(c, self._house, now))
            crashpoint("recovery.done")
            self._recovered = True
        if now >= self._chores_at:
            self._chores_at = now + CHORES
            await self.recover(everything=False)
            await self._store.write(lambda c: revive(c, self._house, now))

    async def _take(self) -> int:
        free = self._traffic.free(self._clock())
        if not free:
            return 0
        catch = await self._store.write(lambda c: take(c, self._house, free, self._clock()))
        crashpoint("notify.leased")
        self.counts.suppressed += catch.suppressed
        for taken in catch.taken:
            self._traffic.begun(taken.lane)
            task = asyncio.create_task(self._send(taken))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(catch.taken) + catch.suppressed

    async def _send(self, taken: Taken) -> None:
        def answered(health: Health) -> None:
            self._traffic.answered(taken.lane, self._clock(), well=health)
            if self._traffic.roomy(taken.lane):
                self._awake.set()

        try:
            async with self._turn:  # one at a time, so that the door is looked at between two
                await asyncio.sleep(0)  # noqa: TID251 - not a pause: one turn of the event loop
            await self._sender.attempt(taken, self._house.channels[taken.row.channel], answered)
        except StoreUnavailable as error:
            log.warning("notify.unsettled", notice=taken.row.id, reason=str(error))
        except Exception:
            log.exception("notify.failed", notice=taken.row.id)
        finally:
            self._traffic.settled(taken.lane)
            if self._traffic.roomy(taken.lane):
                self._awake.set()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), POLL)

    async def _keep_mail(self, message_id: str, message: bytes) -> None:
        now = self._clock()
        await self._store.write(lambda c: keep_mail(c, message_id, message, now))
