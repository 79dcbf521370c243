"""Push to the customer's browser or app: Web Push, encrypted, or Firebase Cloud Messaging.

Sources: RFC 8030 (Topic, TTL, Urgency; 404 and 410: the subscription is over), RFC 8291 and 8188
(aes128gcm), RFC 8292 (VAPID); https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
(UNREGISTERED: the token is over). A newer push of a subject takes the place of the older one, on
the way by its topic and on the screen by its tag: a second copy is not seen.
"""

import re
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import quote

import orjson
from pydantic import Field, SecretStr, model_validator

from hub.clock import Clock
from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.caps import Caps
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.posting import TOTAL, Answer, Classes, Post, garbled, refusal
from hub.notify.tools import Own, Tools

KEPT = 24 * 3600  #: seconds a push service keeps what a device has not fetched
WEB = Classes(permanent=frozenset({400, 413}), gone=frozenset({404, 410}))
FIREBASE = Classes(permanent=frozenset({400}))
TOKEN = re.compile(r"[A-Za-z0-9_:.=-]{1,4096}")
GONE = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})


class PushSettings(Own):
    """Of push; a VAPID key opens the way to browsers, a service account the way to apps."""

    vapid_key: SecretStr | None = None  #: private P-256 key: base64url of 32 bytes, or PEM
    contact: str | None = None  #: ``mailto:`` or ``https:`` where a push service finds the operator
    service_account: SecretStr | None = None  #: Firebase: the JSON of the key file
    firebase: str = "https://fcm.googleapis.com"  #: Firebase's address
    title: str | None = Field(default=None, max_length=60)  #: instead of the notice's subject

    recipient_cap: int | None = Field(default=None, ge=1)  #: messages to one device in a day

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.vapid_key is None and self.service_account is None:
            raise ValueError("needs vapid_key and contact, or service_account")
        if self.vapid_key is not None and not re.match("mailto:.|https:.", self.contact or ""):
            raise ValueError("vapid_key needs contact: mailto:… or https:…")
        return self


def open_channel(tools: Tools) -> seam.Channel | None:
    """Open the channel with the keys that are configured; ``ValueError`` for one that is none."""
    own = tools.own("push", PushSettings)
    return None if own is None else Push(own, tools.settings.sink_networks, tools.clock)


class Push:
    """The channel to devices; an address is a subscription's JSON, or ``fcm:`` and a token."""

    NAME = "push"
    AUDIENCE = Audience.CUSTOMER
    FORM = Form.PUSH
    ADDRESS = "push"
    MISSING = "no device known"
    SCHEDULE: Sequence[float] = retry.MESSAGE
    DEADLINE = 2 * TOTAL + 5  #: one token, one push
    AT_ONCE = 16
    deduplicates = True  #: the second copy takes the place of the first
    on_ambiguous: seam.OnAmbiguous = "resend"

    def __init__(
        self, own: PushSettings, allowed: Sequence[str], clock: Clock, total: float = TOTAL
    ) -> None:
        """Read the keys; nothing is dialled yet."""
        from hub.notify import push_keys as keys  # noqa: PLC0415 - 17 MB that only push needs

        self._own, self._clock, self._keys = own, clock, keys
        self._post = Post(allowed, total=total)
        self.caps = Caps(own.recipient_cap)
        self._vapid = own.vapid_key and keys.Vapid(own.vapid_key, own.contact or "")
        self._account = own.service_account and keys.Account(own.service_account)

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Hand the push to its service. Raises ``DeliveryError``; ``gone``: forget the device."""
        kind, _, token = message.to.partition(":")
        if kind == "fcm" and self._account and TOKEN.fullmatch(token):
            bearer = await self._account.bearer(self._post, self._clock())
            return await self._firebase(message, token, handing, bearer)
        if message.to.startswith("{") and self._vapid:
            return await self._web(message, handing)
        raise DeliveryError("a device of a kind that is not configured", permanent=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._post.close()

    async def _web(self, message: Message, handing: Handing) -> Accepted:
        assert self._vapid
        device = self._keys.Subscription.read(message.to)
        shown = {"title": self._title(message), "body": message.text, "tag": message.topic}
        content = orjson.dumps(shown | {"url": message.link, "lang": message.language})
        headers = {
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(KEPT),
            "urgency": "high" if message.urgent else "normal",
            "topic": message.topic[:32],
            "authorization": self._vapid.proof(device.endpoint, self._clock()),
        }
        answer = await self._post.ask(device.endpoint, device.sealed(content), headers, handing)
        if not answer.taken:
            raise refusal(answer, WEB, self._clock(), str(answer.status))
        return Accepted(answer.headers.get("location", "")[-255:], str(answer.status))

    async def _firebase(
        self, message: Message, token: str, handing: Handing, bearer: str
    ) -> Accepted:
        assert self._account
        project = quote(self._account.project, safe="")
        url = f"{self._own.firebase.rstrip('/')}/v1/projects/{project}/messages:send"
        headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
        answer = await self._post.ask(
            url, orjson.dumps(self._note(message, token)), headers, handing
        )
        if answer.taken and isinstance(name := answer.json().get("name"), str):
            return Accepted(name, str(answer.status))
        if answer.taken:
            raise garbled(answer)
        if answer.status == 401:
            self._account.forget()
        code = _code(answer)
        classes = Classes(gone=frozenset({answer.status})) if code in GONE else FIREBASE
        raise refusal(answer, classes, self._clock(), f"{answer.status} {code}")

    def _note(self, message: Message, token: str) -> dict[str, Any]:
        topic, speed = message.topic, "HIGH" if message.urgent else "NORMAL"
        shown = {"title": self._title(message), "body": message.text}
        apple = {"apns-collapse-id": topic, "apns-priority": "10" if message.urgent else "5"}
        note = {
            "token": token,
            "notification": shown,
            "data": {"url": message.link or "", "lang": message.language, "tag": topic},
            "android": {
                "collapse_key": topic,
                "ttl": f"{KEPT}s",
                "priority": speed,
                "notification": {"tag": topic},
            },
            "apns": {"headers": apple},
        }
        return {"message": note}

    def _title(self, message: Message) -> str:
        return self._own.title or message.subject


def _code(answer: Answer) -> str:
    """Return Firebase's own code of an error, else the general one."""
    error = answer.json().get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    for one in details if isinstance(details, list) else []:
        if isinstance(one, dict) and isinstance(one.get("errorCode"), str):
            return str(one["errorCode"])[:60]
    return str(error.get("status", ""))[:60]
