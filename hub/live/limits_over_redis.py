"""Buckets that all processes of a hub draw from, whichever of them somebody asks."""

from collections.abc import Callable
from time import monotonic

from hub.live.limits import Buckets, Grant, Rate
from hub.live.shared import Shared

#: One step for the server: fill up, take, and forget a bucket that is full again anyway.
#: In: tokens a second, tokens of a full bucket. Out: granted, tokens left, milliseconds to wait.
TAKE = """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(held[1]) or burst, tonumber(held[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate / 1000)
local granted = 0
if tokens >= 1 then granted, tokens = 1, tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return {granted, math.floor(tokens), math.max(0, math.ceil((1 - tokens) / rate * 1000))}
"""


class SharedBuckets(Buckets):
    """Buckets in the Redis the processes share; those of this process are there besides."""

    def __init__(self, shared: Shared, now: Callable[[], float] = monotonic) -> None:
        """Keep the buckets in ``shared``."""
        super().__init__(now)
        self._shared = shared
        self._script = shared.script(TAKE)

    async def take(self, bucket: str, rate: Rate) -> Grant:
        """Take a token, if there is one. Raises ``Away``."""
        key = self._shared.name("limit", bucket)
        granted, left, wait = await self._shared.ask(
            lambda _: self._script(keys=[key], args=[rate.per_second, rate.burst])
        )
        return Grant(bool(granted), int(left), int(wait) / 1000)
