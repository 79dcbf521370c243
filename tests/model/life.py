"""One hub as its orders live with it: the real stations on a real database, and no door but intake.

It can be told things, made to work, ended at any moment and begun again, and its clock stands still
until somebody moves it.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from sqlalchemy import Table, select

from connectors.contract import Raw
from hub.catalogues import Catalogues
from hub.config import Settings, Sink
from hub.intake.inbox import receive
from hub.notify.channels import Audience
from hub.notify.dispatcher import Dispatcher
from hub.notify.render import Renderer
from hub.pipeline import discard, quarantine, rebuild
from hub.pipeline.apply import Applied
from hub.pipeline.homecoming import recheck
from hub.pipeline.recent import Recent
from hub.pipeline.replay import Selection, replay
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.scheduler import facts
from hub.scheduler.expiry import expire_parked
from hub.scheduler.promises import watch_promises
from hub.scheduler.retention import forget_raws
from hub.store.facts import decode
from hub.store.inbox import RELEASED
from hub.store.session import Store, StoreUnavailable
from hub.store.tables import InboxRow, QuarantineRow, RawRow, table
from hub.store.tables_of_notices import NoticeRow, OutboxRow
from tests.builders import hours
from tests.hub.pipeline.speech import NAME, Speech, registered
from tests.model.far_end import Mood, Provider
from tests.model.said import Said
from tests.model.trouble import Trouble

T = TypeVar("T")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SINKS = [
    Sink(name="kassa", url="https://kassa.example/", secret=SECRET),
    Sink(name="puoti", url="https://puoti.example/", secret=SECRET, shops=frozenset({"puoti"})),
]
CATALOGUES = Catalogues.load()
RENDERER = Renderer(CATALOGUES, Settings())


class Narrow(Pipeline):
    """A pipeline whose batches are small, so that few deliveries make several of them."""

    width = 3

    async def _turn(self) -> int:
        return self.width


class Life:
    """A hub from its first start to its last end."""

    def __init__(self, url: str, policy: str, recent: int, width: int) -> None:
        self.url = url
        self.now = hours(48)
        self.settings = Settings(sinks=SINKS, on_ambiguous=policy)
        self.recent = recent  #: orders kept at hand
        self.width = width  #: raws in a batch
        self.speech = Speech()
        self.trouble = Trouble()
        self.letters = Provider("letters", Audience.CUSTOMER, self.settings.on_ambiguous)
        self.hooks = Provider("hooks", Audience.SINK, "resend")
        self.commits: list[tuple[int, bool]] = []  #: (raws, set aside) of each commit of a batch
        self._loop = asyncio.new_event_loop()
        self._open()

    @property
    def providers(self) -> list[Provider]:
        """Both of them."""
        return [self.letters, self.hooks]

    # --- its beginning and its end ---------------------------------------------------------------

    def _open(self) -> None:
        self.store = Store(self.url)
        self.trouble.meet(self.store.engine)
        self.begin()

    def begin(self) -> None:
        """Start the stations: nothing is at hand, nothing is under way."""
        known = {NAME: registered(self.speech), facts.NAME: facts.registered()}
        translator = Translator(known, self.settings)
        self.translator = translator
        self.pipeline = Narrow(self.store, translator, self._changed)
        self.pipeline.width = self.width
        self.pipeline.mover.recent = Recent(self.recent)
        channels: Any = {one.NAME: one for one in self.providers}
        self.dispatcher = Dispatcher(
            self.store, self.settings, self.clock, CATALOGUES, channels, renderer=RENDERER
        )

    def restart(self) -> None:
        """End the process and start another one."""
        self.store.close()
        self._open()

    def close(self) -> None:
        """End for good."""
        self.store.close()
        self._loop.close()

    def clock(self) -> datetime:
        return self.now

    # --- what it does ----------------------------------------------------------------------------

    def hears(self, said: Sequence[Said]) -> bool:
        """Deliver raws at the same moment; whether they are durable now."""

        async def deliver() -> None:
            raws = [Raw(one.body, {}, self.now, one.source, one.connector) for one in said]
            arrived = self.pipeline.arrived
            await asyncio.gather(*(receive(self.store, raw, arrived=arrived) for raw in raws))

        try:
            self._run(deliver())
        except StoreUnavailable:
            return False
        return True

    def works(self) -> int:
        """Move one batch; how many raws it had. Raises ``StoreUnavailable``."""

        async def step() -> int:
            try:
                return await self.pipeline.step()
            finally:
                # What is read ahead is read at once, so that every run of this life is the same.
                if (ahead := self.pipeline._batches._ahead) is not None:
                    await asyncio.wait([asyncio.wrap_future(ahead)])

        return self._run(step())

    def tells(self) -> int | None:
        """Let the dispatcher make a pass; None when the hub ended in the middle of it."""

        async def step() -> int | None:
            try:
                return await self.dispatcher.step()
            except asyncio.CancelledError:
                await asyncio.gather(*self.dispatcher._outgoing.tasks, return_exceptions=True)
                return None

        return self._run(step())

    def watches(self) -> list[Said]:
        """Let the scheduler look for what time has made true; return what it says of that."""
        if not self._run(watch_promises(self.store, self.clock, self.pipeline.arrived)):
            return []
        body = self.rows(table(RawRow))[0][-1].body
        events = tuple(decode(orjson.dumps(fact).decode()) for fact in orjson.loads(body))
        name, key = facts.NAME, sha256(body).hexdigest()
        return [Said(connector=name, source=name, key=key, body=body, at=self.now, events=events)]

    def learns(self, code: str) -> None:
        """A new version of the connector is installed: that takes a new process."""
        self.speech.taught.add(code)
        self.restart()

    def keeps_house(self) -> None:
        """List what waits too long, forget what is old, and look at everything a second time."""
        self._run(expire_parked(self.store, self.now, 14))
        self._run(forget_raws(self.store, self.now, 30))
        assert self._run(recheck(self.store, self.pipeline.mover.recent, self._changed)) == 0
        *_, proven = rebuild.mend(self.store, self.now, notify=True)
        assert (proven.orders, 0) == (proven.orders, proven.astray)

    def reads_again(self) -> None:
        """Read all kept raws again, with connectors that have learned nothing since."""
        *_, sums = replay(self.store, self.translator, Selection(), self.now, notify=True)
        changed = (sums.facts_new, sums.facts_reworded, sums.facts_taken_off, sums.milestones)
        assert (0, 0, 0, 0) == changed, f"read again: {sums}"

    def puts_back(self, place: int, decided: Mapping[str, str]) -> None:
        """A person releases the raw at that place of the log."""
        raw = self._raw_at(place)
        self.store.write_now(lambda c: quarantine.release(c, [raw], self.now, decided))

    def gives_up(self, place: int, kind: str) -> None:
        """A person gives up something for which the raw at that place waits in quarantine."""
        raw, (held,) = self._raw_at(place), self.rows(table(QuarantineRow))
        open_ = [row for row in held if (row.raw_id, row.kind) == (raw, kind)]
        row = next(row.id for row in open_ if row.released_at is None)
        self.store.write_now(lambda c: discard.discard(c, [row], "why not", self.now))

    def _raw_at(self, place: int) -> int:
        """The number of a raw that was read, by its place among those that have an outcome."""
        (marks,) = self.rows(table(InboxRow))
        return int([row.raw_id for row in marks if row.outcome != RELEASED][place])

    def gives_up_parked(self, key: str) -> None:
        """A person gives up what waits under a key."""
        self.store.write_now(lambda c: discard.discard_parked(c, key, "why not", self.now))

    def next_attempt(self) -> datetime | None:
        """When there is something to tell next; None if nothing is left to tell."""
        outbox, notices = self.rows(table(OutboxRow), table(NoticeRow))
        moments = [self.now for row in outbox if row.planned_at is None]
        moments += [row.next_at for row in notices if row.state == "due"]
        moments += [row.lease_until for row in notices if row.state == "leased"]
        return min(moments, default=None)

    def _changed(self, applied: Applied) -> None:
        self.commits.append((applied.raws, self.trouble.before))

    def _run(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)

    # --- what it says of itself ------------------------------------------------------------------

    def rows(self, *tables: Table) -> list[list[Any]]:
        """All rows of the tables, in the order of their keys, in one look."""
        queries = [select(one).order_by(*one.primary_key.columns) for one in tables]
        return self.store.read_now(lambda c: [list(c.execute(one)) for one in queries])

    def heal(self) -> None:
        """Let everybody be well again."""
        self.trouble.mend()
        for provider in self.providers:
            provider.mood = Mood.WELL
