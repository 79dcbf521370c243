"""What the processes of one hub tell each other of orders at once, and may lose.

Whoever waits for it looks at the database once a second as well, so a message that is lost costs
a second and nothing else. One process needs no engine for it; several share a Redis.
"""

from hub.config import Settings
from hub.live.contract import Live, State, Watch
from hub.live.in_process import InProcess

__all__ = ["Live", "State", "Watch", "open_live"]


def open_live(settings: Settings) -> Live:
    """Return the engine the settings ask for. Raises ``ValueError`` for a URL of no Redis."""
    if settings.redis_url is None:
        return InProcess()
    # The library takes 11 MB: only those who use it have it.
    from hub.live.over_redis import OverRedis  # noqa: PLC0415
    from hub.live.shared import Shared  # noqa: PLC0415

    try:
        shared = Shared(settings.redis_url.get_secret_value(), settings.redis_prefix)
    except ValueError as error:
        raise ValueError(f"TILANNE_REDIS_URL: {error}") from error
    return OverRedis(shared)
