"""Store systems that cannot be reached: what the webhook says is laid out for them to fetch.

The same bodies under the same ids, at ``GET /v1/sinks/<name>/feed``; a till behind a shop's router
comes and asks. Which of both ways a system uses is said by its ``url`` and its ``key``.
"""

from collections.abc import Sequence

from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.channels import Accepted, Audience, Form, Handing, Message
from hub.notify.tools import Tools


def open_channel(tools: Tools) -> seam.Channel:
    """Open the channel to the systems that have a key."""
    return Feed(tools)


class Feed:
    """The channel to systems that come and ask."""

    NAME = "feed"
    REPEATS = "webhook"
    AUDIENCE = Audience.SINK
    FORM = Form.DATA
    ADDRESS = "key"
    MISSING = "this sink has no feed any more"
    SCHEDULE: Sequence[float] = retry.WEBHOOK
    DEADLINE = 30.0
    AT_ONCE = 16
    deduplicates = True  #: a message lies there once
    on_ambiguous: seam.OnAmbiguous = "resend"

    def __init__(self, tools: Tools) -> None:
        """Note where messages are laid out."""
        self._lay_out = tools.lay_out

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Lay the message out; it has been accepted when that is durable."""
        name = f"msg_{message.key[:32]}"
        await handing(name)
        await self._lay_out(message.recipient, name, message.payload)
        return Accepted(said="laid out")

    async def close(self) -> None:
        """Nothing is open."""
