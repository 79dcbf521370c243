"""Store and partner systems: a signed POST (Standard Webhooks 1.0.0) of every milestone.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
2xx is success; 410: nothing more is posted there (``hub.notify.gone``); 429, 503 may name a wait; a
redirect is a failure.
"""

from collections.abc import Sequence

from hub.clock import Clock
from hub.config import Sink
from hub.notify import retry
from hub.notify.channels import (
    Accepted,
    Audience,
    Channel,
    DeliveryError,
    Form,
    Handing,
    Message,
    OnAmbiguous,
    Tools,
)
from hub.notify.posting import TOTAL, Classes, Post, refusal, signed

#: whatever a store answers today it may mend tomorrow, unless it says that it is gone
CLASSES = Classes(gone=frozenset({410}))


def open_channel(tools: Tools) -> Channel:
    """Open the channel to the configured sinks."""
    return Webhook(
        sinks=tools.settings.sinks, allowed=tools.settings.sink_networks, clock=tools.clock
    )


class Webhook:
    """The channel to store and partner systems."""

    NAME = "webhook"
    AUDIENCE = Audience.SINK
    FORM = Form.DATA
    ADDRESS = "url"
    MISSING = "this sink is not configured any more"
    SCHEDULE: Sequence[float] = retry.WEBHOOK
    DEADLINE = TOTAL + 5
    AT_ONCE = 16
    deduplicates = True  #: the receiver knows a repetition by its ``webhook-id``
    on_ambiguous: OnAmbiguous = "resend"

    def __init__(
        self, *, sinks: Sequence[Sink], allowed: Sequence[str], clock: Clock, total: float = TOTAL
    ) -> None:
        """Note the sinks and the networks they may be in; nothing is dialled yet."""
        self._secrets = {sink.name: sink.secret for sink in sinks}
        self._post = Post(allowed, total=total)
        self._clock = clock

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """POST the payload; return the status line's code. Raises ``DeliveryError``."""
        secret = self._secrets.get(message.recipient)
        if secret is None:
            raise DeliveryError(self.MISSING, permanent=True)
        name, now = f"msg_{message.key[:32]}", self._clock()
        headers = {
            **message.headers,
            "content-type": "application/json",
            **signed(secret, name, message.payload, now),
        }
        answer = await self._post.ask(message.to, message.payload, headers, handing)
        if not answer.taken:
            raise refusal(answer, CLASSES, now)
        return Accepted(said=str(answer.status))

    async def close(self) -> None:
        """Close the connections."""
        await self._post.close()
