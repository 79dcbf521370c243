"""Which of several schedulers ticks: the one that holds a lease in the shared Redis.

It only saves work. What a job does to orders is harmless to repeat, so while the Redis is away
everybody ticks.
"""

from secrets import token_hex

import structlog

from hub import telemetry
from hub.live.limits import Away
from hub.live.shared import Shared

#: seconds; longer than the time between two ticks, so that whoever ticks keeps it
LASTS = 45

#: Out: 1 when the lease is mine for so many milliseconds more.
CLAIM = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
RESIGN = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

log = structlog.get_logger()


class Lease:
    """The lease of one process."""

    def __init__(self, shared: Shared, what: str, lasts: float = LASTS) -> None:
        """``what``: the name of the office."""
        self._shared = shared
        self._key = shared.name("lease", what)
        self._me = token_hex(8)
        self._lasts = round(lasts * 1000)
        self._claim, self._resign = shared.script(CLAIM), shared.script(RESIGN)

    async def leads(self) -> bool:
        """Whether it is for us to act: we have the lease now, or nobody can tell."""
        try:
            mine = await self._shared.ask(
                lambda _: self._claim(keys=[self._key], args=[self._me, self._lasts])
            )
        except Away:
            mine = True
        telemetry.SCHEDULER_LEADS.set(bool(mine))
        return bool(mine)

    async def resign(self) -> None:
        """Let somebody else have it at once."""
        telemetry.SCHEDULER_LEADS.set(0)
        try:
            await self._shared.ask(lambda _: self._resign(keys=[self._key], args=[self._me]))
        except Away:
            log.debug("lease.not_given_back")  # it ends by itself
