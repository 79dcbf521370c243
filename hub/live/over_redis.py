"""Tells the other processes of a hub of orders, through the Redis they share."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Callable, Mapping
from functools import partial
from secrets import token_hex
from typing import Any

import orjson
import structlog

from hub import telemetry
from hub.live.contract import State, rest
from hub.live.in_process import InProcess
from hub.live.lease import Lease
from hub.live.limits import Away
from hub.live.limits_over_redis import SharedBuckets
from hub.live.shared import Shared
from hub.stations import Bell

PACE = 0.01  #: seconds between two messages: while one is under way, what is said gathers
ROOM = 5000  #: orders of one message; of more, those that watch them will find out by looking

log = structlog.get_logger()


class FarBell(Bell):
    """A bell that is also heard in other processes."""

    def __init__(self, tell: Callable[[], None]) -> None:
        """``tell`` lets the others know."""
        super().__init__()
        self._tell = tell

    def ring(self) -> None:
        """Let everyone know, here and elsewhere."""
        self.ring_here()
        self._tell()

    def ring_here(self) -> None:
        """Let those in this process know."""
        super().ring()


class OverRedis(InProcess):
    """Bells and watches of all processes that share a Redis.

    What is said is heard in this process at once, whatever becomes of the Redis.
    """

    def __init__(self, shared: Shared) -> None:
        """Speak and hear over ``shared``."""
        self._far = {name: FarBell(partial(self._rang, name)) for name in ("arrived", "changed")}
        super().__init__(**self._far)
        self.limits = SharedBuckets(shared)
        self._shared, self._lease = shared, Lease(shared, "scheduler")
        self._channel = shared.name("live")
        self._me = token_hex(8)
        self._rung: set[str] = set()
        self._versions: dict[str, int] = {}
        self._waiting = asyncio.Event()

    @property
    def state(self) -> State:
        """Whether the other processes are heard."""
        return State.HERE if self._shared.here else State.AWAY

    def moved(self, versions: Mapping[str, int]) -> None:
        """Say that orders have these versions."""
        super().moved(versions)
        if len(self._versions) < ROOM:
            self._versions.update(versions)
            self._waiting.set()

    def _rang(self, name: str) -> None:
        self._rung.add(name)
        self._waiting.set()

    async def leads(self) -> bool:
        """Whether it is for this process to act by the clock."""
        return await self._lease.leads()

    async def resign(self) -> None:
        """Let another process act by the clock."""
        await self._lease.resign()

    async def run(self) -> None:
        """Speak and hear until ``stop``."""
        both = (
            asyncio.create_task(self._shared.run(self._channel, self._hear)),
            asyncio.create_task(self._speak()),
        )
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            ended, _ = await asyncio.wait((*both, stopping), return_when=FIRST_COMPLETED)
            for one in ended:
                one.result()  # a mistake of ours is not to be passed over
        finally:
            for task in (*both, stopping):
                task.cancel()
            await asyncio.gather(*both, stopping, return_exceptions=True)

    async def stop(self) -> None:
        """Let another process lead, and ``run`` end."""
        await self.resign()
        await super().stop()

    async def _speak(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            await self._say(self._gathered())
            await rest(PACE)

    async def _say(self, message: bytes) -> None:
        try:
            await self._shared.ask(lambda redis: redis.publish(self._channel, message))
        except Away:
            telemetry.LIVE_LOST.inc()

    def _gathered(self) -> bytes:
        said = {"from": self._me, "bells": sorted(self._rung), "versions": self._versions}
        self._rung, self._versions = set(), {}
        return orjson.dumps(said)

    def _hear(self, message: bytes) -> None:
        try:
            said: dict[str, Any] = orjson.loads(message)
            bells = [self._far[name] for name in said["bells"]]
            versions = {str(order): int(n) for order, n in said["versions"].items()}
            mine = said["from"] == self._me
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # another version of the hub, or a stranger: it can ring for nothing, and no more
            log.debug("live.not_understood", error=type(error).__name__)
            return
        if not mine:
            for bell in bells:
                bell.ring_here()
            super().moved(versions)
