"""Every way out of the hub: how it is configured towards a far end, and an address it reaches."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from hub.config import Sink
from hub.notify.channels import Channel, Message
from hub.notify.channels.apprise import Apprise, AppriseSettings
from hub.notify.channels.chatbot import Chatbot, ChatbotSettings
from hub.notify.channels.email import Smtp
from hub.notify.channels.push import Push, PushSettings
from hub.notify.channels.sms import Sms, SmsSettings
from hub.notify.channels.webhook import Webhook
from hub.notify.push_keys import b64
from tests.hub.notify.channels.far_ends import Answer, Asked, FarEnd, Trouble, far_end, mail_end
from tests.hub.notify.world import NOW, SECRET

LOOPBACK = ("127.0.0.0/8",)
PHONE = "+358401234567"
SECRETS = ("hush-hush", SECRET, PHONE, "12:telegram-token", "a-device")

BROWSER = ec.generate_private_key(ec.SECP256R1())
AUTH = bytes(range(16))
VAPID = b64(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32))
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def now() -> Any:
    return NOW


def says(document: object, status: int = 200) -> Answer:
    return lambda asked: web.json_response(document, status=status)


def like_twilio() -> Answer:
    """A provider that can say what it has sent."""
    taken: list[dict[str, str]] = []

    def answer(asked: Asked) -> web.Response:
        if asked.method == "GET":
            return web.json_response({"messages": taken})
        body = dict(parse_qsl(asked.body.decode()))["Body"]
        taken.append({"sid": f"SM{len(taken)}", "body": body})
        return web.json_response({"sid": taken[-1]["sid"]}, status=201)

    return answer


def subscription(url: str) -> str:
    point = BROWSER.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": b64(point), "auth": b64(AUTH)}
    return json.dumps({"endpoint": f"{url}/push/abc", "expirationTime": None, "keys": keys})


def key_file(url: str) -> str:
    pem = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    known = {"type": "service_account", "project_id": "shop-1", "client_email": "hub@shop-1"}
    return json.dumps({**known, "private_key": pem, "token_uri": f"{url}/token"})


def firebase(asked: Asked) -> web.Response:
    if asked.path == "/token":
        return web.json_response({"access_token": "hush-hush", "expires_in": 3600})
    return web.json_response({"name": "projects/shop-1/messages/0:1"})


Open = Callable[..., Channel]  #: (url, allowed, total) -> channel


@dataclass(frozen=True)
class Case:
    """One way out."""

    name: str
    open: Open
    to: Callable[[str], str]
    well: Answer | None = None  #: None: a mail server
    reference: str = ""
    refuses: bool = True  #: whether what it refuses is refused for good
    asked: int = 1  #: providers that are asked before the message is taken

    def far_end(self, trouble: Trouble | None = None) -> AbstractAsyncContextManager[FarEnd]:
        return mail_end(trouble) if self.well is None else far_end(self.well, trouble)


def _sms(**own: Any) -> Open:
    def make(url: str, allowed: Any = LOOPBACK, total: float = 5.0) -> Channel:
        return Sms(SmsSettings(**_filled(own, url)), allowed, now, total=total)

    return make


def _filled(own: Any, url: str) -> Any:
    if isinstance(own, dict):
        return {name: _filled(value, url) for name, value in own.items()}
    return url if own == "URL" else own


def _push(**own: str) -> Open:
    def make(url: str, allowed: Any = LOOPBACK, total: float = 5.0) -> Channel:
        made = own or {"service_account": key_file(url), "firebase": url}
        return Push(PushSettings(**made), allowed, now, total=total)

    return make


def _bot(**own: str) -> Open:
    def make(url: str, allowed: Any = LOOPBACK, total: float = 5.0) -> Channel:
        filled = {name: value.replace("URL", url) for name, value in own.items()}
        return Chatbot(ChatbotSettings(**filled), allowed, now, total=total)

    return make


def _webhook(url: str, allowed: Any = LOOPBACK, total: float = 5.0) -> Channel:
    sink = Sink(name="kassa", url=f"{url}/hook", secret=SECRET)
    return Webhook(sinks=[sink], allowed=allowed, clock=now, total=total)


def _smtp(url: str, allowed: Any = (), total: float = 5.0) -> Channel:
    return Smtp(url, mail_from="Tilanne <t@tilanne.example>", clock=now, reply=5.0, last=total)


def _apprise(url: str, allowed: Any = LOOPBACK, total: float = 5.0) -> Channel:
    there = url.replace("http://", "json://")
    return Apprise(AppriseSettings(url=f"{there}/to/{{to}}"), allowed, total=total)


TWILIO = {"account": "AC1", "token": "hush-hush", "sender": "+358501111111", "api": "URL"}
GENERIC = {"url": "URL", "body": {"to": "{to}", "text": "{text}"}, "token": "hush-hush"}
WHATSAPP = {"whatsapp_token": "hush-hush", "whatsapp_number": "42", "whatsapp_api": "URL/v23.0"}
TELEGRAM = {"telegram_token": "12:telegram-token", "telegram_api": "URL"}
BOT = {"url": "URL/talk", "secret": SECRET}

CASES = (
    Case(
        "email", _smtp, lambda url: "maija@example.fi", reference=f"<{'ab' * 16}@tilanne.example>"
    ),
    Case("webhook", _webhook, lambda url: f"{url}/hook", says({}), refuses=False),
    Case("twilio", _sms(**TWILIO), lambda url: PHONE, says({"sid": "SM1"}, 201), "SM1"),
    Case("sms over http", _sms(**GENERIC), lambda url: PHONE, says({"id": "7"}), "7"),
    Case(
        "sms by the standby",
        _sms(**{**GENERIC, "url": "http://127.0.0.1:1"}, standby=TWILIO),
        lambda url: PHONE,
        says({"sid": "SM1"}, 201),
        "standby:SM1",
        asked=2,
    ),
    Case("web push", _push(vapid_key=VAPID, contact="mailto:a@b.fi"), subscription, says({}, 201)),
    Case("fcm", _push(), lambda url: "fcm:a-device", firebase, "projects/shop-1/messages/0:1"),
    Case(
        "whatsapp",
        _bot(**WHATSAPP),
        lambda url: f"whatsapp:{PHONE}",
        says({"messages": [{"id": "wamid.1"}]}),
        "ab" * 32,
    ),
    Case(
        "telegram",
        _bot(**TELEGRAM),
        lambda url: "telegram:4711",
        says({"ok": True, "result": {"message_id": 9}}),
        "4711/9",
    ),
    Case("apprise", _apprise, lambda url: PHONE, says({}), refuses=False),
    Case("own bot", _bot(**BOT), lambda url: "bot:talk-1", says({}), f"msg_{'ab' * 16}"),
)


def _two(urls: str, allowed: Any = LOOPBACK, total: float = 5.0) -> Channel:
    """Two providers, at ``url,url``."""
    main, other = ({**TWILIO, "api": url} for url in urls.split(","))
    return Sms(SmsSettings(**main, standby=other), allowed, now, total=total)


TWO = Case("two by twilio", _two, lambda url: PHONE, says({"sid": "SM1"}, 201), "SM1", asked=2)


def message(to: str, **more: Any) -> Message:
    """Make a message as the sender does."""
    words = {"subject": "Hei", "short": "Hei", "text": "Tilauksesi on matkalla", "html": "<p>Hei"}
    body = b'{"type":"order.shipped","data":{}}'
    known = {"key": "ab" * 32, "recipient": "kassa", "payload": body, "language": "fi"}
    return Message(**{**words, **known, "to": to, "topic": "t" * 32, **more})
