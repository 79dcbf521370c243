"""Those who carry a few words to customers: SMS, push, chats, Apprise; each in its own protocol.

Every message about an order is noted before it is answered.
"""

import hashlib
import hmac
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp
import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from standardwebhooks import Webhook

from tests.faults.oracle.carried import CHANNELS, whom
from tests.faults.oracle.clock import now, pause
from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.partner import SECRET
from tests.faults.oracle.traps import Traps

TOKEN = "a-token-of-the-oracle"
#: as Twilio would call the hub; that is what it signs
CALLBACK = "https://tilanne.example/in/receipts/twilio"
AGAIN = 0.02  #: seconds until a report without a 2xx is repeated
POINT = (Encoding.X962, PublicFormat.UncompressedPoint)


class Carriers:
    """All of them; ``http.request`` is the phase in which one has a message."""

    def __init__(self, ledger: Callable[[], Ledger], traps: Traps) -> None:
        self._ledger, self._traps = ledger, traps
        self._device = ec.generate_private_key(ec.SECP256R1())
        self._secret = b"sixteen bytes..."
        self._url = ""

    async def serve(self) -> dict[str, dict[str, str]]:
        """Open the carriers; return what the hub has to be told of each."""
        app = web.Application()
        app.router.add_post("/sms", self.sms)
        app.router.add_route("*", "/2010-04-01/Accounts/AC1/Messages.json", self.twilio)
        app.router.add_post("/push/{device}", self.push)
        app.router.add_post("/bot{token}/sendMessage", self.telegram)
        app.router.add_post("/v23.0/42/messages", self.whatsapp)
        app.router.add_post("/token", self.token)
        app.router.add_post("/v1/projects/oracle/messages:send", self.fcm)
        app.router.add_post("/talk", self.bot)
        app.router.add_post("/apprise/{whom}", self.apprise)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return {carrier: _settings(carrier, self._url) for carrier in OWN}

    def address(self, carrier: str, order: str) -> dict[str, str]:
        """Return how the customer of an order is reached, as the shop's app would state it."""
        if CHANNELS[carrier] == "chatbot":
            number = whom("chatbot", order)
            at = f"35840{number:>07}" if carrier == "whatsapp" else number
            return {"kind": "chat", "address": f"{carrier}:{at}"}
        if carrier == "fcm":
            return {"kind": "push", "address": f"fcm:{whom('push', order)}"}
        point = self._device.public_key().public_bytes(*POINT)
        keys = {"p256dh": _b64(point), "auth": _b64(self._secret)}
        endpoint = f"{self._url}/push/{whom('push', order)}"
        return {"kind": "push", "address": json.dumps({"endpoint": endpoint, "keys": keys})}

    async def sms(self, request: web.Request) -> web.Response:
        """Any provider of SMS; one that is given a key shows a repetition once."""
        said, key = await request.json(), request.headers.get("idempotency-key", "")
        await self._carry("keyed" if key else "sms", said["to"], key, said["text"])
        return web.json_response({"id": "1"})

    async def twilio(self, request: web.Request) -> web.Response:
        """Twilio: it takes a message, and says which it has taken."""
        if request.method == "GET":
            rows = self._ledger().rows(
                "SELECT n, text FROM message WHERE carrier = 'twilio' AND whom = ?",
                request.query["To"],
            )
            return web.json_response({"messages": [{"sid": f"SM{n}", "body": t} for n, t in rows]})
        form = await request.post()
        n = await self._carry("twilio", str(form["To"]), "", str(form["Body"]))
        return web.json_response({"sid": f"SM{n}", "status": "queued"}, status=201)

    async def push(self, request: web.Request) -> web.Response:
        """A push service and its browser: what has the same topic and tag is on the screen once."""
        shown = json.loads(
            http_ece.decrypt(
                await request.read(),
                private_key=self._device,
                auth_secret=self._secret,
                version="aes128gcm",
            )
        )
        mark = shown["tag"] if request.headers["topic"] == shown["tag"] else ""
        text = f"{shown['title']}: {shown['body']}"
        await self._carry("push", request.match_info["device"], mark, text)
        return web.Response(status=201, headers={"location": "/message/1"})

    async def telegram(self, request: web.Request) -> web.Response:
        """Telegram: it knows no repetitions."""
        said = await request.json()
        n = await self._carry("telegram", str(said["chat_id"]), "", said["text"])
        return web.json_response({"ok": True, "result": {"message_id": n}})

    async def whatsapp(self, request: web.Request) -> web.Response:
        """WhatsApp: it knows no repetitions either."""
        said = await request.json()
        to = str(int(said["to"].removeprefix("35840")))
        n = await self._carry("whatsapp", to, "", said["text"]["body"])
        return web.json_response({"messages": [{"id": f"wamid.{n}"}]})

    async def token(self, request: web.Request) -> web.Response:
        """Firebase lets whoever proves the account in for an hour."""
        assert (await request.post())["assertion"]
        return web.json_response({"access_token": TOKEN, "expires_in": 3600})

    async def fcm(self, request: web.Request) -> web.Response:
        """Firebase and its app: what has the same tag is on the screen once."""
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        said = (await request.json())["message"]
        text = f"{said['notification']['title']}: {said['notification']['body']}"
        android = said["android"]
        same = android["collapse_key"] == android["notification"]["tag"]
        mark = android["collapse_key"] if same else ""
        n = await self._carry("fcm", said["token"], mark, text)
        return web.json_response({"name": f"projects/oracle/messages/{n}"})

    async def bot(self, request: web.Request) -> web.Response:
        """A bot of the shop's own: it says once what comes under one id."""
        body, headers = await request.read(), {k.lower(): v for k, v in request.headers.items()}
        said = Webhook(SECRET).verify(body, headers)["data"]
        await self._carry("bot", said["conversation"], headers["webhook-id"], said["text"])
        return web.Response(status=204)

    async def apprise(self, request: web.Request) -> web.Response:
        """A service that Apprise writes to: it knows no repetitions."""
        said = await request.json()
        await self._carry("apprise", request.match_info["whom"], "", said["message"])
        return web.Response()

    async def _carry(self, carrier: str, to: str, mark: str, text: str) -> int:
        n = await self._ledger().message(carrier, to, mark, text)
        self._traps.reached("http.request")
        await self._traps.patience()
        return n


AT = re.compile(r"^(json)?@")  #: stands for the carriers' address
BODY = json.dumps({"to": "{to}", "text": "{text}"})
#: carrier -> the hub's channel and its settings; ``@`` stands for the carriers' address
OWN: dict[str, tuple[str, dict[str, str]]] = {
    "sms": ("sms", {"URL": "@/sms", "BODY": BODY}),
    "keyed": ("sms", {"URL": "@/sms", "BODY": BODY, "KEY_HEADER": "Idempotency-Key"}),
    "twilio": (
        "sms",
        {"ACCOUNT": "AC1", "TOKEN": TOKEN, "SENDER": "+358401", "API": "@", "CALLBACK": CALLBACK},
    ),
    "push": ("push", {"VAPID_KEY": "", "CONTACT": "mailto:oracle@oracle.example"}),
    "fcm": ("push", {"SERVICE_ACCOUNT": "", "FIREBASE": "@"}),
    "telegram": ("chatbot", {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": "@"}),
    "whatsapp": (
        "chatbot",
        {"WHATSAPP_TOKEN": TOKEN, "WHATSAPP_NUMBER": "42", "WHATSAPP_API": "@/v23.0"},
    ),
    "bot": ("chatbot", {"URL": "@/talk", "SECRET": SECRET}),
    "apprise": ("apprise", {"URL": "json@/apprise/{to}"}),
}


def _settings(carrier: str, url: str) -> dict[str, str]:
    """Say what the hub has to be told: the shop tells by this channel alone, and it is noon."""
    channel, own = OWN[carrier]
    if "VAPID_KEY" in own:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        own = own | {"VAPID_KEY": _b64(number.to_bytes(32, "big"))}
    if "SERVICE_ACCOUNT" in own:
        own = own | {"SERVICE_ACCOUNT": _account(url)}
    there = {"@": url, "json@": url.replace("http", "json", 1)}
    east = 12 - int(now() // 3600 % 24)  # at night nobody is woken for an order
    shop = {"channels": [channel], "timezone": f"Etc/GMT{-east:+}"}
    return {
        f"TILANNE_CHANNELS__{channel.upper()}__{name}": AT.sub(lambda at: there[at[0]], text)
        for name, text in own.items()
    } | {"TILANNE_SHOPS": json.dumps({"kauppa": shop})}


def _account(url: str) -> str:
    """Return the file of an account at Firebase."""
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    known = {"type": "service_account", "project_id": "oracle", "client_email": "hub@oracle"}
    return json.dumps({**known, "private_key": pem.decode(), "token_uri": f"{url}/token"})


async def report(hub: str, ledger: Ledger) -> None:
    """Report to a hub, as Twilio does, that the first number is none; until it is answered 204.

    Then once more: it was not heard.
    """
    ((n, to),) = ledger.rows("SELECT n, whom FROM message WHERE carrier = 'twilio' LIMIT 1")
    form = {"ErrorCode": "30005", "MessageSid": f"SM{n}", "MessageStatus": "undelivered", "To": to}
    signed = CALLBACK + "".join(name + text for name, text in sorted(form.items()))
    proof = b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    heard = 0
    async with aiohttp.ClientSession(hub) as session:
        while heard < 2:
            heard += await _posted(session, urlencode(form), proof)
            await pause(AGAIN)


async def _posted(session: aiohttp.ClientSession, form: str, proof: str) -> bool:
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": proof,
    }
    try:
        async with session.post("/in/receipts/twilio", data=form, headers=headers) as answer:
            return answer.status == 204
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
