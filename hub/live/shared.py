"""The Redis that the processes of a hub share: no order is worse off when it is away.

Whoever asks gets an answer within a quarter of a second, or ``Away``; while it is known to be away,
``Away`` comes at once. One task listens, and with that it knows whether the server is there; it
comes back by itself, waiting longer each time.
"""

from collections.abc import Awaitable, Callable
from random import uniform
from typing import Any, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from hub import telemetry
from hub.live.contract import rest
from hub.live.limits import Away

PATIENCE = 0.25  #: seconds an answer may take; whoever asked has something better to do
LOOK = 0.5  #: seconds between two looks whether an answer was missed
SILENCE = 5.0  #: seconds without a word, after which we ask whether the server is still there
SOONEST, LATEST = 0.1, 15.0  #: seconds until the next try to come back
AT_ONCE = 16  #: connections
FAULTS = (RedisError, OSError)  #: a deadline that has passed is an OSError, too

T = TypeVar("T")

log = structlog.get_logger()


class Shared:
    """A connection that comes and goes."""

    def __init__(self, url: str, prefix: str) -> None:
        """``url``: ``redis://…`` or ``rediss://…``; ``prefix`` begins every name in it.

        Raises ``ValueError`` for a URL that names no Redis. Nothing is connected before ``run``.
        """
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=AT_ONCE,
            timeout=PATIENCE,
            socket_timeout=PATIENCE,
            socket_connect_timeout=2.0,
            retry=Retry(NoBackoff(), 0),  # what is late is of no use any more
            protocol=2,
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._prefix = prefix
        self.here = False
        self._doubted = False
        self._delay = SOONEST
        telemetry.REDIS_AWAY.set(1)

    def name(self, *parts: str) -> str:
        """Return the name of something in the Redis; another hub may use the same one."""
        return ":".join((self._prefix, *parts))

    def script(self, text: str) -> Any:
        """Return a piece of work the server does in one step; call it inside ``ask``."""
        return self._redis.register_script(text)

    async def ask(self, command: Callable[[Any], Awaitable[T]]) -> T:
        """Return the answer to ``command(redis)``. Raises ``Away``."""
        if not self.here:
            raise Away("not connected")
        try:
            return await command(self._redis)
        except ResponseError as error:  # it is there, and says no: full, read-only, another type
            telemetry.REDIS_REFUSED.inc()
            raise Away(f"refused: {type(error).__name__}") from error
        except FAULTS as error:
            self._gone(error)
            raise Away(type(error).__name__) from error

    async def run(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Hear what is said on a channel, and come back whenever the server was away."""
        try:
            while True:
                try:
                    await self._listen(channel, hear)
                except Exception as error:  # noqa: BLE001 - whatever the library trips over
                    self._gone(error)
                await rest(self._delay * uniform(0.5, 1.0))
                self._delay = min(2 * self._delay, LATEST)
        finally:
            self.here = False
            await self._redis.aclose()

    async def _listen(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Hear until something fails; raises what failed."""
        quiet = 0.0  #: seconds since the server has said something
        async with self._redis.pubsub() as channels:
            await channels.subscribe(channel)
            while True:
                message = await channels.get_message(timeout=LOOK)
                quiet = 0.0 if message else quiet + LOOK
                if message and message["type"] == "message":
                    hear(message["data"])
                elif message and message["type"] == "subscribe":
                    await self._come()
                if quiet >= 2 * SILENCE:
                    raise TimeoutError("nothing was heard")
                if quiet >= SILENCE:
                    await channels.ping()
                if self._doubted:
                    await self._come()

    async def _come(self) -> None:
        """It hears us; see whether it also answers."""
        await self._redis.ping()
        self._doubted, self._delay = False, SOONEST
        if not self.here:
            self.here = True
            telemetry.REDIS_AWAY.set(0)
            log.info("redis.here")

    def _gone(self, error: Exception) -> None:
        self._doubted = True
        if self.here:
            self.here = False
            telemetry.REDIS_AWAY.set(1)
            log.warning("redis.away", error=type(error).__name__)
