"""Whether the Redis that the processes of a hub share answers; no order waits for it."""

from collections.abc import Sequence
from functools import partial

from hub.config import Settings
from hub.readiness import Amiss, Check

REMEDY = (
    "start it or correct TILANNE_REDIS_URL; until then processes look once a second, limits hold "
    "for each process alone, and what needs scope admin is refused"
)


def checks(settings: Settings) -> Sequence[Check]:
    """Return the check of the Redis; none where none is set."""
    if settings.redis_url is None:
        return ()
    url = settings.redis_url.get_secret_value()
    return (Check("redis", partial(_look, url), REMEDY, vital=False),)


async def _look(url: str) -> str:
    from redis.asyncio import Redis  # noqa: PLC0415 - only where one is set
    from redis.exceptions import RedisError  # noqa: PLC0415

    try:
        async with Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0) as redis:
            await redis.ping()
    except (RedisError, OSError) as error:
        raise Amiss("does not answer") from error
    return "answers"
