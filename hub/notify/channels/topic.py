"""Systems that listen on a topic: every change of an order as a CloudEvent, in the order's order.

Source: CloudEvents 1.0.2 with its JSON format, https://github.com/cloudevents/spec. The key of a
record is the order's, so what is told of one order stays in its order; the event's id is the
notice's, so whoever has seen it knows it again.
"""

from collections.abc import Sequence

import orjson

from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.tools import Publish, Tools, Unpublished

MEDIA_TYPE = "application/cloudevents+json; charset=UTF-8"


def open_channel(tools: Tools) -> seam.Channel | None:
    """Open the channel; None where the hub has no topics."""
    return None if tools.publish is None else Topic(tools.publish)


class Topic:
    """The channel to systems that listen on a topic."""

    NAME = "topic"
    AUDIENCE = Audience.SINK
    FORM = Form.DATA
    ADDRESS = "topic"
    MISSING = "this sink has no topic any more"
    SCHEDULE: Sequence[float] = retry.WEBHOOK
    DEADLINE = 30.0
    AT_ONCE = 64
    deduplicates = True  #: whoever listens knows a repetition by its id
    on_ambiguous: seam.OnAmbiguous = "resend"

    def __init__(self, publish: Publish) -> None:
        """``publish`` puts a record into a topic."""
        self._publish = publish

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Put the event into the topic; it has been accepted when every replica has it."""
        event = cloud_event(message.key, message.payload)
        await handing(str(event["id"]))
        try:
            place = await self._publish(
                message.to,
                str(event["subject"]).encode(),
                orjson.dumps(event),
                {"content-type": MEDIA_TYPE},
            )
        except Unpublished as error:
            raise DeliveryError(str(error), ambiguous=True) from error
        return Accepted(said=place)

    async def close(self) -> None:
        """The way to the brokers is the process's, not ours."""


def cloud_event(key: str, payload: bytes) -> dict[str, object]:
    """Make the event of a notice from what every system is told."""
    told = orjson.loads(payload)
    return {
        "specversion": "1.0",
        "id": key,
        "source": f"/shops/{told['data']['shop']}",
        "type": f"tilanne.{told['type']}",
        "subject": told["data"]["order_id"],
        "time": told["timestamp"],
        "datacontenttype": "application/json",
        "data": told["data"],
    }
