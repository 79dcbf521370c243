"""Providers of SMS: Twilio's REST API, or any that takes JSON over HTTP; and how each is set.

Sources: https://www.twilio.com/docs/messaging/api/message-resource (201 with a ``sid``; errors
with ``code``), https://www.twilio.com/docs/api/errors. Twilio takes no idempotency key: in doubt it
is asked which messages it has sent to that number, and the text is compared.
"""

from base64 import b64encode
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson
from pydantic import Field, SecretStr, model_validator

from hub.clock import Clock
from hub.notify.channels import Accepted, DeliveryError, Handing, OnAmbiguous
from hub.notify.posting import API, Classes, Post, garbled, refusal
from hub.notify.tools import Own


class SmsProvider(Own):
    """Of one provider of SMS."""

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
    #: public address of this hub's ``/in/receipts/twilio``: asks Twilio to report to it
    callback: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "SmsProvider":
        if self.url is None and not (self.account and self.token and (self.sender or self.service)):
            raise ValueError("needs account, token and sender (or service); or url and body")
        if self.url is not None and not self.body:
            raise ValueError("url needs a body to post there")
        return self


class Text(Protocol):
    """One provider of SMS."""

    deduplicates: bool  #: as of a channel
    on_ambiguous: OnAmbiguous

    async def send(self, to: str, text: str, key: str, handing: Handing) -> Accepted:
        """Hand a text over. Raises ``DeliveryError``."""

    async def known(self, to: str, text: str) -> str | None:
        """Ask whether it has sent a text to a number; return what it calls the message."""


def provider(own: SmsProvider, post: Post, clock: Clock, policy: OnAmbiguous) -> Text:
    """Return the provider that some settings speak of."""
    return Twilio(own, post, clock) if own.url is None else Generic(own, post, clock, policy)


class Twilio:
    """Twilio, and those who speak as it does."""

    #: codes of an address that will not work again: invalid, no mobile phone, has said STOP
    GONE = frozenset({21211, 21214, 21217, 21610, 21614})
    AUTHORITY = 20003  #: the account or its token is wrong: nobody's message is at fault
    BACK = timedelta(days=1)  #: how far back it is asked what it has sent
    deduplicates = False
    on_ambiguous: OnAmbiguous = "look_up"

    def __init__(self, own: SmsProvider, post: Post, clock: Clock) -> None:
        """Write the address and the proof once."""
        self._own, self._post, self._clock = own, post, clock
        account = quote(own.account or "", safe="")
        self._url = f"{own.api.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        token = own.token.get_secret_value() if own.token else ""
        proof = b64encode(f"{own.account}:{token}".encode()).decode()
        self._headers = {"authorization": f"Basic {proof}"}

    async def send(self, to: str, text: str, key: str, handing: Handing) -> Accepted:
        """Hand a text over. Raises ``DeliveryError``."""
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

    async def known(self, to: str, text: str) -> str | None:
        """Ask which messages went to a number; return the SID of the one with this text."""
        since = (self._clock() - self.BACK).date().isoformat()
        asked = urlencode({"To": to, "DateSent>": since, "PageSize": 50})
        answer = await self._post.ask(f"{self._url}?{asked}", None, self._headers)
        listed = answer.json().get("messages")
        if not answer.taken or not isinstance(listed, list):
            raise DeliveryError(f"cannot ask what was sent: {answer.status}", ambiguous=True)
        found = (one for one in listed if isinstance(one, dict) and one.get("body") == text)
        return next((str(one["sid"]) for one in found if one.get("sid")), None)


class Generic:
    """A provider whose JSON the settings describe; one that takes a key knows repetitions."""

    def __init__(self, own: SmsProvider, post: Post, clock: Clock, policy: OnAmbiguous) -> None:
        """Note the settings."""
        self._own, self._post, self._clock = own, post, clock
        self.deduplicates = own.key_header is not None
        self.on_ambiguous: OnAmbiguous = "resend" if self.deduplicates else policy

    async def send(self, to: str, text: str, key: str, handing: Handing) -> Accepted:
        """Post the JSON of the settings. Raises ``DeliveryError``."""
        own = self._own
        values = {"to": to, "text": text, "key": key, "sender": own.sender or ""}
        headers = {"content-type": "application/json"}
        if own.token is not None:
            headers["authorization"] = f"Bearer {own.token.get_secret_value()}"
        if own.key_header:
            headers[own.key_header] = key
        body = orjson.dumps(_filled(own.body, values))
        answer = await self._post.ask(own.url or "", body, headers, handing)
        if not answer.taken:
            raise refusal(answer, API, self._clock(), str(answer.status))
        return Accepted(str(answer.json().get(own.reference) or ""), str(answer.status))

    async def known(self, to: str, text: str) -> str | None:
        """It cannot be asked."""
        raise DeliveryError("this provider cannot be asked what it has", ambiguous=True)


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
