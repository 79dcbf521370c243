"""The long tail: whatever Apprise can write to (https://github.com/caronc/apprise), by a URL.

Apprise says no more than whether it went well. It dials by itself, so it does so in a process of
its own that reaches nothing inside the network (``hub.notify.apprised``).
"""

import asyncio
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator

from hub.notify import apprised, retry
from hub.notify import channels as seam
from hub.notify.beside import Beside, Ended, Said
from hub.notify.caps import Caps
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.letter import address
from hub.notify.phone_numbers import number
from hub.notify.posting import TOTAL
from hub.notify.tools import Own, Tools

START = 10.0  #: seconds for the process beside us to start and look at a URL


class AppriseSettings(Own):
    """Of what is sent through Apprise."""

    url: SecretStr  #: Apprise's URL of the service, ``{to}`` where the customer's address belongs
    address: Literal["email", "phone"] = "phone"  #: which address that is
    recipient_cap: int | None = Field(default=20, ge=1)  #: messages to one customer in a day

    @field_validator("url")
    @classmethod
    def _addressed(cls, url: SecretStr) -> SecretStr:
        if "{to}" not in url.get_secret_value():
            raise ValueError("needs {to} where the customer's address belongs")
        return url


def open_channel(tools: Tools) -> seam.Channel | None:
    """Open the channel; ``ValueError`` if Apprise cannot read the URL."""
    own = tools.own("apprise", AppriseSettings)
    if own is None:
        return None
    return Apprise(own, tools.settings.sink_networks, tools.settings.on_ambiguous)


class Apprise:
    """The channel through Apprise."""

    NAME = "apprise"
    AUDIENCE = Audience.CUSTOMER
    FORM = Form.SMS
    ADDRESS: str
    MISSING = "no address of the kind known that this service writes to"
    SCHEDULE: Sequence[float] = retry.MESSAGE
    DEADLINE = START + TOTAL + 5
    AT_ONCE = 4
    deduplicates = False
    on_ambiguous: seam.OnAmbiguous

    def __init__(
        self,
        own: AppriseSettings,
        allowed: Sequence[str],
        policy: seam.OnAmbiguous = "hold",
        total: float = TOTAL,
    ) -> None:
        """Try the URL; nothing is dialled yet."""
        self._url, self._total = own.url.get_secret_value(), total
        self.ADDRESS, self.on_ambiguous = own.address, policy
        self.caps = Caps(own.recipient_cap)
        self._beside = Beside(apprised.__name__, {"allowed": [*allowed]})
        try:
            opened = self._beside.ask_once({"url": self._filled("+358401234567")}, START)["opened"]
        except Ended as error:
            raise ValueError(f"the process for TILANNE_CHANNELS__APPRISE fails: {error}") from error
        if not opened:
            raise ValueError("TILANNE_CHANNELS__APPRISE__URL is none that Apprise can read")

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Let the process beside us send it. Raises ``DeliveryError``."""
        to = number(message.to) if self.ADDRESS == "phone" else address(message.to)
        url = self._filled(to)
        try:
            async with asyncio.timeout(START):
                opened = await self._beside.ask({"url": url})
        except (TimeoutError, Ended) as error:
            raise DeliveryError("the process for Apprise does not answer") from error
        if not opened["opened"]:
            raise DeliveryError("not an address this service writes to", permanent=True)
        await handing()
        words = {"body": message.text, "title": message.subject}
        try:
            async with asyncio.timeout(self._total):
                return _accepted(await self._beside.ask({"url": url, **words}))
        except TimeoutError as error:
            raise DeliveryError("no answer in time", ambiguous=True) from error
        except Ended as error:
            raise DeliveryError("the process for Apprise ended", ambiguous=True) from error

    async def close(self) -> None:
        """End the process; a message that is stuck there ends with it."""
        await self._beside.close()

    def _filled(self, to: str) -> str:
        return self._url.replace("{to}", quote(to, safe=""))


def _accepted(said: Said) -> Accepted:
    """Read what came of a message. Raises ``DeliveryError``."""
    if said["sent"]:
        return Accepted(said="sent through Apprise")
    if "refused" in said:  # and nothing else was dialled
        raise DeliveryError(f"no connection: {said['refused']}")
    if said.get("code"):
        raise DeliveryError(f"the service answered {said['code']}")
    raise DeliveryError("Apprise does not say why it failed", ambiguous=True)
