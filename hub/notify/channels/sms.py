"""SMS to the customer: by Twilio or any provider that takes JSON over HTTP, and by a second one.

Which of two has a message is noted before it gets it. In doubt that one is asked, or sent the same
again if it knows repetitions; the other one gets it only when the first certainly has not.
"""

from collections.abc import Sequence

from pydantic import Field

from hub.clock import Clock
from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.caps import Caps
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.phone_numbers import number
from hub.notify.posting import TOTAL, Post
from hub.notify.shortening import fitted
from hub.notify.standby import Providers, handed_to, named, whose
from hub.notify.texting import SmsProvider, Text, provider
from hub.notify.tools import Tools


class SmsSettings(SmsProvider):
    """Of SMS; without an account and without a url there is no such channel."""

    segments: int = Field(default=2, ge=1, le=10)  #: the longest message; the text is shortened
    recipient_cap: int | None = Field(default=20, ge=1)  #: messages to one number in a day
    prefix_cap: int | None = Field(default=None, ge=1)  #: messages to one prefix in a day
    prefix_digits: int = Field(default=6, ge=2, le=12)  #: how much of a number is its prefix
    #: who gets what the provider does not take: ``…__STANDBY__ACCOUNT`` and so on, down to CALLBACK
    standby: SmsProvider | None = None


def open_channel(tools: Tools) -> seam.Channel | None:
    """Open the channel to the provider, or the two, that are configured."""
    own = tools.own("sms", SmsSettings)
    if own is None:
        return None
    return Sms(own, tools.settings.sink_networks, tools.clock, tools.settings.on_ambiguous)


class Sms:
    """The channel by SMS."""

    NAME = "sms"
    AUDIENCE = Audience.CUSTOMER
    FORM = Form.SMS
    ADDRESS = "phone"
    MISSING = "no phone number known"
    SCHEDULE: Sequence[float] = retry.MESSAGE
    DEADLINE: float
    AT_ONCE = 8

    def __init__(
        self,
        own: SmsSettings,
        allowed: Sequence[str],
        clock: Clock,
        policy: seam.OnAmbiguous = "hold",
        total: float = TOTAL,
    ) -> None:
        """Note the settings; nothing is dialled yet."""
        self._segments, self._policy = own.segments, policy
        self._post = Post(allowed, total=total)
        main = provider(own, self._post, clock, policy)
        other = provider(own.standby, self._post, clock, policy) if own.standby else None
        self._providers: Providers[Text] = Providers(self.NAME, main, other, clock)
        # two providers do not know each other's messages: each repetition is looked into
        self.deduplicates = main.deduplicates and other is None
        self.on_ambiguous: seam.OnAmbiguous = main.on_ambiguous if other is None else "look_up"
        self.DEADLINE = 2 * TOTAL * len(self._providers.by_name) + 5  # a look-up and a message each
        self.caps = Caps(own.recipient_cap, own.prefix_cap, own.prefix_digits)

    def in_doubt(self, noted: str) -> seam.OnAmbiguous:
        """Say what may be done where the provider that was noted so may have a message."""
        one = self._providers.by_name.get(whose(noted))
        return self._policy if one is None else one.on_ambiguous

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Hand the message over, unless it turns out that somebody has it. ``DeliveryError``."""
        to, text = number(message.to), fitted(message.text, message.link, self._segments)
        doubted = dict.fromkeys(map(whose, message.doubts))
        for name in doubted:
            if (known := await self._known(name, to, text)) is not None:
                return known

        async def by(name: str, one: Text) -> Accepted:
            async def noted(reference: str = "") -> None:
                await handing(handed_to(name))

            answer = await one.send(to, text, message.key, noted)
            return Accepted(named(name, answer.reference), answer.said)

        for name in doubted:
            one = self._providers.by_name.get(name)
            if one is not None and one.deduplicates:  # it may have it, and only it can tell
                return await by(name, one)
            if one is None and self._policy == "hold":
                raise DeliveryError("who may have it is not configured any more", ambiguous=True)
        return await self._providers.first(by)

    async def close(self) -> None:
        """Close the connections."""
        await self._post.close()

    async def _known(self, name: str, to: str, text: str) -> Accepted | None:
        """Ask who may have a message whether it does, if it can be asked."""
        one = self._providers.by_name.get(name)
        if one is None or one.on_ambiguous != "look_up":
            return None
        if (known := await one.known(to, text)) is None:
            return None
        return Accepted(named(name, known), "found when asked: it was taken before")
