"""The dispatcher: plans what changed, takes what is due, sends it, and picks up after a crash."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from hub.catalogues import Catalogues
from hub.clock import Clock
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.crashpoints import crashpoint
from hub.notify.audience import House
from hub.notify.channels import Channel, Tools, open_channels
from hub.notify.counting import Counts
from hub.notify.fallback import fall_back
from hub.notify.holding import InHand
from hub.notify.lanes import Traffic
from hub.notify.outgoing import Outgoing
from hub.notify.planning import Planned, plan, revive, settle_strangers
from hub.notify.render import Renderer
from hub.notify.sending import Sender
from hub.notify.taking import Catch, take
from hub.notify.tools import Publish
from hub.store import attempts
from hub.store.attempts import Lane
from hub.store.session import Store, StoreUnavailable
from hub.telemetry import alert

log = structlog.get_logger()

POLL = 1.0  #: seconds between two looks at the database when nobody wakes us
CHORES = timedelta(seconds=5)  #: between two looks for what a lost attempt or a late address left
SELDOM = 50  #: times as long as it lasted to look for late addresses, if that is longer
GRACE = 10.0  #: seconds sends have to end by themselves when the hub stops


class Dispatcher:
    """Turns outbox rows into notices and notices into messages; one of several on a shared store.

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
        publish: Publish | None = None,
        courtesy: Courtesy | None = None,
        poll: float = POLL,
    ) -> None:
        """Open the channels and read the templates; nothing is sent before ``run`` or ``step``."""
        if channels is None:
            channels = open_channels(Tools.writing(store, settings, clock, publish))
        self._store = store
        self._settings = settings
        self._clock = clock
        self._house = House(settings, channels, catalogues)
        self.counts = Counts()
        self._renderer = renderer or Renderer(catalogues, settings)
        sender = Sender(store, settings, clock, self._renderer, self.counts)
        self._in_hand = InHand(store, clock, self._house, sender)
        self._traffic = Traffic(self._house)
        self._outgoing = Outgoing(self._in_hand, self._traffic, clock, self.wake)
        self._courtesy = courtesy or Courtesy()
        self._awake = asyncio.Event()
        self._passing = asyncio.Lock()
        self._stopping, self._poll = False, poll
        self._recovered = False
        self._busy = False  #: whether there was something to do the last time: there may be more
        self._chores_at = self._revive_at = clock()

    def wake(self) -> None:
        """Say that something was committed; to be called in the dispatcher's event loop."""
        self._awake.set()

    async def run(self) -> None:
        """Work until ``stop`` or cancellation; a database that is away is waited for."""
        while not self._stopping:
            self._awake.clear()
            try:
                async with self._passing:
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
        await asyncio.gather(*self._outgoing.tasks)
        return done

    async def stop(self, grace: float = GRACE) -> None:
        """Take nothing new, give what is under way ``grace`` seconds to end, close the channels."""
        self._stopping = True
        self._awake.set()
        async with self._passing:
            pass  # what the last pass takes is ours to end, too
        await self._outgoing.end(grace)
        try:
            await self._in_hand.give_back()
        except StoreUnavailable as error:  # then the leases end by themselves
            log.warning("notify.unsettled", reason=str(error))
        for channel in self._house.channels.values():
            await channel.close()
        self._renderer.close()

    async def _advance(self) -> int:
        await self._chores()
        if self._courtesy.catching_up:
            return 0
        if not self._busy:
            waits = await self._store.read(lambda c: attempts.waiting(c, self._clock()))
            if not any(waits):
                return 0
        free = self._traffic.free(self._clock())
        planned, catch = await self._store.write(lambda c: self._plan_and_take(c, free))
        crashpoint("notify.leased")
        if planned.unheard:
            alert("nobody_told", count=planned.unheard)
        for channel, what in catch.capped:
            alert("capped", channel=channel, what=what)
        self.counts.suppressed += catch.suppressed
        for taken in catch.taken:
            self._outgoing.begin(taken)
        done = planned.changes + len(catch.taken) + catch.suppressed
        self._busy = bool(done)
        return done

    def _plan_and_take(
        self, connection: Connection, free: Mapping[Lane, int]
    ) -> tuple[Planned, Catch]:
        now = self._clock()
        planned = plan(connection, self._house, now)
        crashpoint("notify.planned")
        return planned, take(connection, self._house, free, now) if free else Catch((), 0)

    async def _chores(self) -> None:
        now = self._clock()
        if not self._recovered:
            await self._in_hand.begin()
            await self._store.write(lambda c: settle_strangers(c, self._house, now))
            crashpoint("recovery.done")
            self._recovered = True
        await self._in_hand.beat()
        if now >= self._chores_at:
            self._chores_at = now + CHORES
            await self._in_hand.recover()
            if now >= self._revive_at:
                await self._revive(now)
            await self._fall_back()

    async def _revive(self, now: datetime) -> None:
        """Look for late addresses; where many wait, the look takes long, and so does the pause."""
        began = self._clock()
        await self._store.write(lambda c: revive(c, self._house, now))
        self._revive_at = now + SELDOM * (self._clock() - began)

    async def _fall_back(self) -> None:
        """Let other channels take over what does not get through."""
        now, ill = self._clock(), {lane.channel for lane in self._traffic.ill()}
        while True:
            turned = await self._store.write(lambda c: fall_back(c, self._house, ill, now))
            crashpoint("notify.fell_back")
            if turned.given_in:
                alert("nobody_told", count=turned.given_in)
            self.counts.turned += turned.by_another
            if not turned.by_another:
                return

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), self._poll)
