"""Gathers what the topics bring, moves it batch by batch, and only then says that it was read.

The database's word on how far a partition was read is the one that counts. A record is
acknowledged to Faust after the commit, in the order of its partition; whatever the consumer makes
of that, the next one begins where the database is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from hub.crashpoints import crashpoint
from hub.pipeline.move import Mover
from hub.pipeline.streamed import Record, Skipped, translate
from hub.pipeline.translate import Translated, Translator
from hub.store.log import CursorMoved
from hub.store.offsets import Place
from hub.store.session import StoreUnavailable
from hub.stream.gathering import Gathered, Taken
from hub.stream.positions import Positions
from hub.stream.records import Feeds
from hub.stream.sequence import Lost, Sequences
from hub.stream.waiting import Waiting, rung

BATCH = 256  #: records per transaction
ROOM = 4 * BATCH  #: records that may wait here; beyond it the consumer pauses by itself
PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)  #: seconds between tries while the database is out of reach

_log = structlog.get_logger()


class Reader:
    """What stands between the consumer and the pipeline."""

    def __init__(self, mover: Mover, translator: Translator, feeds: Feeds) -> None:
        """Move what ``feeds`` read with ``mover``."""
        self._mover = mover
        self.positions = Positions(mover.store)
        self._translator = translator
        self._feeds = feeds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stream-translate")
        self._sequences = Sequences()
        self._waiting = Waiting(ROOM)
        self._moved: dict[Place, int] = {}  #: how far the database is, per partition of ours
        self._generation = 0  #: counts assignments: what was taken before one is not moved after it
        self._moving = asyncio.Lock()
        self._stopping = asyncio.Event()
        self.lost = asyncio.Event()  #: something between the broker and us is missing
        self.healthy = True  #: whether the database takes what is read

    @property
    def moved(self) -> Mapping[Place, int]:
        """How far each partition of ours has been read, durably."""
        return self._moved

    @property
    def read(self) -> Mapping[Place, int]:
        """The same, but past what the broker has no record of: the ends of transactions."""
        return {place: self._sequences.beyond(place, to) for place, to in self._moved.items()}

    # --- what the consumer says -------------------------------------------------------------------

    async def begin(self, starts: Mapping[Place, int]) -> None:
        """The partitions of ours are these, and each is read from here; forget what waits."""
        async with self._moving:
            moved = await self.positions.read(list(starts))
            # all at once: a record that came in between was of what is forgotten
            self._generation += 1
            self._waiting.clear()
            self._moved = moved
            self._sequences.begin(starts)
            self.lost.clear()

    def fetched(self, place: Place, asked: int, numbers: Sequence[int], reached: int) -> None:
        """The broker, asked from there, has sent these records; the next ask begins at the last."""
        try:
            self._sequences.fetched(place, asked, numbers, reached)
        except Lost as error:
            if (
                min((*numbers, reached)) < asked
            ):  # the consumer goes back by itself in a shorter topic
                self.positions.begins_anew(place)
            self.lose(str(error))

    def lose(self, what: str) -> None:
        """Say that something is missing: the consumer has to begin where the database is."""
        if not self.lost.is_set():
            _log.error("stream.gap", error=what)
        self.lost.set()

    def is_beyond(self, ends: Mapping[Place, int], moved: Mapping[Place, int]) -> bool:
        """Whether a topic ends before the place to which it has been read: it is another one."""
        beyond = [place for place, end in ends.items() if end < moved[place]]
        for place in beyond:
            self.positions.begins_anew(place)
        return bool(beyond)

    async def put(self, event: Any) -> None:
        """Take a record in; returns when there is room for another. Never raises."""
        place = Place(event.message.topic, event.message.partition)
        try:
            follows = self._sequences.follows(place, event.message.offset)
        except Lost as error:
            self.lose(str(error))
            return
        if follows is not None:
            await self._waiting.put(Taken(event, place, follows))

    # --- the work ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Move what comes; end after ``stop``, with the batch in hand dealt with."""
        stopping = asyncio.create_task(self._stopping.wait())
        ahead = asyncio.create_task(self._gather())
        try:
            while not self._stopping.is_set():
                await asyncio.wait((ahead, stopping), return_when=asyncio.FIRST_COMPLETED)
                if ahead.done():
                    gathered = ahead.result()
                    ahead = asyncio.create_task(self._gather())  # translated while this one waits
                    await self._deal_with(gathered)
        finally:
            for task in (ahead, stopping):
                task.cancel()
            await asyncio.gather(ahead, stopping, return_exceptions=True)

    def stop(self) -> None:
        """Take nothing new in hand; what is not dealt with is read again by whoever is next."""
        self._stopping.set()

    async def _gather(self) -> Gathered:
        """Wait for records and translate them."""
        taken: list[Taken] = await self._waiting.take(BATCH)
        generation = self._generation
        # a record without a body tells nothing: it marks what a compacted topic may forget
        bodies = [one.event for one in taken if one.event.message.value is not None]
        loop = asyncio.get_running_loop()
        records, translated = await loop.run_in_executor(self._thread, self._read, bodies)
        return Gathered(taken, records, translated, generation)

    def _read(self, events: Sequence[Any]) -> tuple[list[Record], list[Translated] | None]:
        records = [self._feeds.read(event.message) for event in events]
        return records, translate(records, self._translator)

    async def _deal_with(self, gathered: Gathered) -> None:
        """Move a batch however long the database is away; drop it when others are to read it."""
        tries = 0
        while True:
            try:
                async with self._moving:
                    if gathered.generation != self._generation:
                        return
                    moved = await self._move(gathered)
                    break
            except StoreUnavailable as error:
                if not self._mover.store.alive:
                    raise  # it will not come back in this process
                self.healthy = False
                seconds = PAUSES[min(tries, len(PAUSES) - 1)]
                _log.warning("stream.waits", error=str(error), seconds=seconds)
                if await rung(self._stopping, seconds):
                    return
                tries += 1
        self.healthy = True
        for one in gathered.taken if moved else ():
            one.event.ack()
        crashpoint("stream.acknowledged")

    async def _move(self, gathered: Gathered) -> bool:
        """Move a batch once, without what somebody else has dealt with; False: it is lost to us."""
        while True:
            try:
                batch = gathered.batch(self._moved)
                if batch.before:
                    await self._mover.move(batch)
            except Skipped as error:
                self.lose(str(error))
                return False
            except CursorMoved as error:
                _log.warning("stream.rereads", error=str(error))
                if not await self._catch_up():
                    return False
            else:
                self._moved |= batch.after
                return True

    async def _catch_up(self) -> bool:
        """Look where the database is; False when it is behind us and all has to be read again."""
        now = await self.positions.read(list(self._moved))
        if any(now[place] < self._moved[place] for place in now):
            self.lost.set()
            return False
        self._moved = now
        return True
