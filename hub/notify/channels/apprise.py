"""The long tail: whatever Apprise can write to (https://github.com/caronc/apprise), by a URL.

Apprise says no more than whether it went well. It dials by itself, past the guard of the other
channels: where to is said by the operator's URL alone, a customer's address is only filled in.
"""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator

from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.caps import Caps
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.letter import address
from hub.notify.phone_numbers import number
from hub.notify.posting import TOTAL
from hub.notify.tools import Own, Tools

ANSWERED = re.compile(r"error=(\d{3})\b")  #: how its plugins log that a provider said no


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
    return None if own is None else Apprise(own, tools.settings.on_ambiguous)


class Apprise:
    """The channel through Apprise; threads of its own, so that a stuck one is nobody else's."""

    NAME = "apprise"
    AUDIENCE = Audience.CUSTOMER
    FORM = Form.SMS
    ADDRESS: str
    MISSING = "no address of the kind known that this service writes to"
    SCHEDULE: Sequence[float] = retry.MESSAGE
    DEADLINE = TOTAL + 5
    AT_ONCE = 4
    deduplicates = False
    on_ambiguous: seam.OnAmbiguous

    def __init__(
        self, own: AppriseSettings, policy: seam.OnAmbiguous = "hold", total: float = TOTAL
    ) -> None:
        """Try the URL; nothing is dialled yet."""
        import apprise  # noqa: PLC0415 - loads its services; only whoever asks for it pays

        self._apprise: Any = apprise
        self._url, self._total = own.url.get_secret_value(), total
        self.ADDRESS, self.on_ambiguous = own.address, policy
        self.caps = Caps(own.recipient_cap)
        self._threads = ThreadPoolExecutor(self.AT_ONCE, thread_name_prefix="apprise")
        if not self._opened("+358401234567"):
            raise ValueError("TILANNE_CHANNELS__APPRISE__URL is none that Apprise can read")

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Let a thread send it. Raises ``DeliveryError``."""
        to = number(message.to) if self.ADDRESS == "phone" else address(message.to)
        service = self._opened(to)
        if service is None:
            raise DeliveryError("not an address this service writes to", permanent=True)
        await handing()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._total):
                result = await loop.run_in_executor(self._threads, self._notify, service, message)
        except TimeoutError as error:
            raise DeliveryError("no answer in time", ambiguous=True) from error
        if result:
            return Accepted(said="sent through Apprise")
        said = [found[1] for entry in result.logs() if (found := ANSWERED.search(entry.message))]
        if said:
            raise DeliveryError(f"the service answered {said[-1]}")
        raise DeliveryError("Apprise does not say why it failed", ambiguous=True)

    async def close(self) -> None:
        """Wait for nobody; a thread that is stuck ends with its line."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _opened(self, to: str) -> Any:
        """Return the service for one address; None if the URL is none."""
        service = self._apprise.Apprise()
        added = service.add(self._url.replace("{to}", quote(to, safe="")))
        return service if added else None

    def _notify(self, service: Any, message: Message) -> Any:
        return service.notify(body=message.text, title=message.subject, timeout=self._total)
