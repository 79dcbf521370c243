"""SMS to the customer: Twilio's REST API, or any provider that takes JSON over HTTP.

Sources: https://www.twilio.com/docs/messaging/api/message-resource (201 with a ``sid``; errors
with ``code``), https://www.twilio.com/docs/api/errors. Twilio takes no idempotency key: in doubt it
is asked which messages it has sent to that number, and the text is compared.
"""

from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from pydantic import Field, SecretStr, model_validator

from hub.clock import Clock
from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.caps import Caps
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.phone_numbers import number
from hub.notify.posting import API, TOTAL, Classes, Post, garbled, refusal
from hub.notify.shortening import fitted
from hub.notify.tools import Own, Tools


class SmsSettings(Own):
    """Of SMS; without an account and without a url there is no such channel."""

    account: str | None = None  #: Twilio: the account's SID
    token: SecretStr | None = (
        None  #: Twilio: its auth token; else sent as ``Authorization: Bearer``
    )
    sender: str | None = None  #: number or name it comes from
    service: str | None = None  #: Twilio: SID of a messaging service, instead of a sender
    api: str = "https://api.twilio.com"  #: Twilio, or who speaks as it does
    url: str | None = None  #: another provider: where its JSON is posted
    #: another provider: the JSON, ``{to}``, ``{text}``, ``{sender}``, ``{key}`` filled in
    body: dict[str, Any] = Field(default_factory=dict)
    #: another provider: header in which it takes an idempotency key, if it does
    key_header: str | None = None
    #: another provider: member of its answer that names the message in receipts
    reference: str = "id"
    segments: int = Field(default=2, ge=1, le=10)  #: the longest message; the text is shortened
    recipient_cap: int | None = Field(default=20, ge=1)  #: messages to one number in a day
    prefix_cap: int | None = Field(default=None, ge=1)  #: messages to one prefix in a day
    prefix_digits: int = Field(default=6, ge=2, le=12)  #: how much of a number is its prefix
    #: public address of this hub's ``/in/receipts/twilio``: asks Twilio to report to it
    callback: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "SmsSettings":
        if self.url is None and not (self.account and self.token and (self.sender or self.service)):
            raise ValueError("needs account, token and sender (or service); or url and body")
        if self.url is not None and not self.body:
            raise ValueError("url needs a body to post there")
        return self


def open_channel(tools: Tools) -> seam.Channel | None:
    """Open the channel to the provider that is configured."""
    own = tools.own("sms", SmsSettings)
    if own is None:
        return None
    how = Twilio if own.url is None else Generic
    return how(own, tools.settings.sink_networks, tools.clock, tools.settings.on_ambiguous)


class Sms:
    """What the ways of sending an SMS share."""

    NAME = "sms"
    AUDIENCE = Audience.CUSTOMER
    FORM = Form.SMS
    ADDRESS = "phone"
    MISSING = "no phone number known"
    SCHEDULE: Sequence[float] = retry.MESSAGE
    DEADLINE = 2 * TOTAL + 5  #: one look-up, one message
    AT_ONCE = 8
    deduplicates = False
    on_ambiguous: seam.OnAmbiguous = "hold"

    def __init__(
        self,
        own: SmsSettings,
        allowed: Sequence[str],
        clock: Clock,
        policy: seam.OnAmbiguous = "hold",
        total: float = TOTAL,
    ) -> None:
        """Note the settings; nothing is dialled yet."""
        self._own, self._clock = own, clock
        self._post = Post(allowed, total=total)
        self.on_ambiguous = policy
        self.caps = Caps(own.recipient_cap, own.prefix_cap, own.prefix_digits)

    async def close(self) -> None:
        """Close the connections."""
        await self._post.close()

    def _text(self, message: Message) -> str:
        return fitted(message.text, message.link, self._own.segments)


class Twilio(Sms):
    """Twilio, and those who speak as it does."""

    #: codes of an address that will not work again: invalid, no mobile phone, has said STOP
    GONE = frozenset({21211, 21214, 21217, 21610, 21614})
    AUTHORITY = 20003  #: the account or its token is wrong: nobody's message is at fault
    BACK = timedelta(days=1)  #: how far back it is asked what it has sent

    def __init__(self, own: SmsSettings, *rest: Any, **limits: Any) -> None:
        """Write the address and the proof once."""
        super().__init__(own, *rest, **limits)
        self.on_ambiguous = "look_up"
        account = quote(own.account or "", safe="")
        self._url = f"{own.api.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        token = own.token.get_secret_value() if own.token else ""
        proof = b64encode(f"{own.account}:{token}".encode()).decode()
        self._headers = {"authorization": f"Basic {proof}"}

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Hand the message over, unless it turns out that Twilio has it. ``DeliveryError``."""
        to, text = number(message.to), self._text(message)
        if message.maybe_sent and (known := await self._known(to, text)):
            return Accepted(known, "found when asked: it was taken before")
        form = {"To": to, "Body": text, "StatusCallback": self._own.callback}
        form |= {"From": self._own.sender, "MessagingServiceSid": self._own.service}
        body = urlencode({name: value for name, value in form.items() if value}).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = await self._post.ask(self._url, body, {**self._headers, **kind}, handing)
        said = answer.json()
        if not answer.taken:
            code = said.get("code")
            classes = Classes() if code == self.AUTHORITY else API
            if code in self.GONE:
                classes = Classes(gone=frozenset({answer.status}))
            raise refusal(answer, classes, self._clock(), f"{answer.status} code {code}")
        if not isinstance(said.get("sid"), str):
            raise garbled(answer)
        return Accepted(said["sid"], str(said.get("status", "")))

    async def _known(self, to: str, text: str) -> str | None:
        """Ask which messages went to a number; return the SID of the one with this text."""
        since = (self._clock() - self.BACK).date().isoformat()
        asked = urlencode({"To": to, "DateSent>": since, "PageSize": 50})
        answer = await self._post.ask(f"{self._url}?{asked}", None, self._headers)
        listed = answer.json().get("messages")
        if not answer.taken or not isinstance(listed, list):
            raise DeliveryError(f"cannot ask what was sent: {answer.status}", ambiguous=True)
        found = (one for one in listed if isinstance(one, dict) and one.get("body") == text)
        return next((str(one["sid"]) for one in found if one.get("sid")), None)


class Generic(Sms):
    """A provider whose JSON the settings describe."""

    def __init__(self, own: SmsSettings, *rest: Any, **limits: Any) -> None:
        """A provider that takes a key tells repetitions apart."""
        super().__init__(own, *rest, **limits)
        if own.key_header:
            self.deduplicates = True
            self.on_ambiguous = "resend"

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Post the JSON of the settings. Raises ``DeliveryError``."""
        own = self._own
        values = {"to": number(message.to), "text": self._text(message), "key": message.key}
        values["sender"] = own.sender or ""
        headers = {"content-type": "application/json"}
        if own.token is not None:
            headers["authorization"] = f"Bearer {own.token.get_secret_value()}"
        if own.key_header:
            headers[own.key_header] = message.key
        body = orjson.dumps(_filled(own.body, values))
        answer = await self._post.ask(own.url or "", body, headers, handing)
        if not answer.taken:
            raise refusal(answer, API, self._clock(), str(answer.status))
        return Accepted(str(answer.json().get(own.reference) or ""), str(answer.status))


def _filled(template: Any, values: dict[str, str]) -> Any:
    """Put values into the texts of a template; what is put in is not read again."""
    if isinstance(template, dict):
        return {name: _filled(inner, values) for name, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, values) for inner in template]
    if not isinstance(template, str):
        return template
    pieces = template.split("{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        filled.append(values[name] + rest if closed and name in values else "{" + piece)
    return "".join(filled)
