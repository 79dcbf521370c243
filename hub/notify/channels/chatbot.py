"""The chatbot the customer talks to: WhatsApp, Telegram, or any that takes a signed webhook.

Sources: https://developers.facebook.com/documentation/business-messaging/whatsapp (a template may
be sent at any time, a text only within 24 hours of the customer's last word; ``wamid``; error
codes), https://core.telegram.org/bots/api#sendmessage (``retry_after``), Standard Webhooks 1.0.0.
The first two know no idempotency key: in doubt a person decides, or a receipt. A bot knows its id.
"""

import re
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import quote

import orjson
from pydantic import AnyHttpUrl, Field, SecretStr, model_validator

from hub.clock import Clock
from hub.notify import channels as seam
from hub.notify import retry
from hub.notify.caps import Caps
from hub.notify.channels import Accepted, Audience, DeliveryError, Form, Handing, Message
from hub.notify.posting import API, TOTAL, Answer, Classes, Post, garbled, refusal, signed
from hub.notify.tools import Own, Tools

ID = "msg_"  #: begins the ids of what a bot of one's own is told
JSON = {"content-type": "application/json"}
#: WhatsApp's codes of a recipient it will never reach; 131026 says no more than "undeliverable"
UNREACHABLE = frozenset({131021, 131026, 131030})
#: its codes of too much at once, whatever the status: of the app, the account, the number, the pair
THROTTLED = frozenset({4, 80007, 130429, 131048, 131056, 133016})
#: its codes of a token or an account that is not in order: nobody's message is at fault
OPERATOR = frozenset({0, 3, 10, 190, 131005, 131031, 131042, 133010, *range(200, 300)})
TELEGRAM_GONE = re.compile(r"(?i)blocked by the user|user is deactivated|chat not found|was kicked")


class ChatbotSettings(Own):
    """Of the chatbot; each of the three ways is open when its token, or its url, is there."""

    whatsapp_token: SecretStr | None = None  #: WhatsApp: access token
    whatsapp_number: str | None = None  #: WhatsApp: id of the number it is sent from
    whatsapp_template: str | None = None  #: WhatsApp: template with one variable; unset: plain text
    whatsapp_api: str = "https://graph.facebook.com/v23.0"  #: WhatsApp: address and version
    whatsapp_app_secret: SecretStr | None = None  #: WhatsApp: signs what /in/receipts/whatsapp gets
    whatsapp_verify_token: SecretStr | None = None  #: WhatsApp: the word its door is asked for
    telegram_token: SecretStr | None = None  #: Telegram: the bot's token
    telegram_api: str = "https://api.telegram.org"  #: Telegram: its address, or your own server's
    url: AnyHttpUrl | None = None  #: a bot of your own: where a message is posted
    secret: SecretStr | None = None  #: a bot of your own: Standard Webhooks secret, ``whsec_…``

    recipient_cap: int | None = Field(default=None, ge=1)  #: messages to one customer in a day

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.whatsapp_token and not self.whatsapp_number:
            raise ValueError("whatsapp_token needs whatsapp_number")
        if self.url and not self.secret:
            raise ValueError("url needs secret")
        if not (self.whatsapp_token or self.telegram_token or self.url):
            raise ValueError("needs whatsapp_token, telegram_token or url")
        return self


def open_channel(tools: Tools) -> seam.Channel | None:
    """Open the channel to the bots that are configured."""
    own = tools.own("chatbot", ChatbotSettings)
    if own is None:
        return None
    policy = tools.settings.on_ambiguous
    return Chatbot(own, tools.settings.sink_networks, tools.clock, policy)


class Chatbot:
    """The channel into a conversation; an address is ``whatsapp:``, ``telegram:`` or ``bot:`` …"""

    NAME = "chatbot"
    AUDIENCE = Audience.CUSTOMER
    FORM = Form.CHAT
    ADDRESS = "chat"
    MISSING = "no conversation known"
    SCHEDULE: Sequence[float] = retry.MESSAGE
    DEADLINE = TOTAL + 5
    AT_ONCE = 8
    deduplicates = False
    on_ambiguous: seam.OnAmbiguous

    def __init__(
        self,
        own: ChatbotSettings,
        allowed: Sequence[str],
        clock: Clock,
        policy: seam.OnAmbiguous = "hold",
        total: float = TOTAL,
    ) -> None:
        """Note the settings; nothing is dialled yet."""
        self._own, self._clock, self.on_ambiguous = own, clock, policy
        self.caps = Caps(own.recipient_cap)
        # A line that went stale would leave us in doubt for no good reason.
        self._post = Post(allowed, total=total, connections="new")

    def in_doubt(self, noted: str) -> seam.OnAmbiguous:
        """A bot of one's own is told again: it knows a repetition by the id that was noted."""
        return "resend" if noted.startswith(ID) else self.on_ambiguous

    async def send(self, message: Message, handing: Handing) -> Accepted:
        """Say it in the conversation that the address names. Raises ``DeliveryError``."""
        own = self._own
        kind, _, whom = message.to.partition(":")
        if kind == "whatsapp" and own.whatsapp_token and re.fullmatch(r"\+?\d{5,15}", whom):
            return await self._whatsapp(message, whom.lstrip("+"), handing, own.whatsapp_token)
        if kind == "telegram" and own.telegram_token and re.fullmatch(r"-?\d{1,20}", whom):
            return await self._telegram(message, whom, handing, own.telegram_token)
        if kind == "bot" and own.url and own.secret and 0 < len(whom) <= 255:
            return await self._bot(message, whom, handing, own.secret)
        raise DeliveryError("a conversation of a kind that is not configured", permanent=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._post.close()

    async def _whatsapp(
        self, message: Message, whom: str, handing: Handing, token: SecretStr
    ) -> Accepted:
        url = f"{self._own.whatsapp_api.rstrip('/')}/{self._own.whatsapp_number}/messages"
        headers = {**JSON, "authorization": f"Bearer {token.get_secret_value()}"}
        said = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": whom}
        # It comes back with each status: so a receipt finds a message nobody has told us the id of.
        said |= {"biz_opaque_callback_data": message.key, **self._words(message)}
        answer = await self._post.ask(
            url, orjson.dumps(said), headers, handing, reference=message.key
        )
        if not answer.taken:
            raise self._unsaid(answer)
        listed = answer.json().get("messages")
        first = listed[0] if isinstance(listed, list) and listed else None
        if not isinstance(first, dict) or not first.get("id"):
            raise garbled(answer)
        return Accepted(message.key, str(first["id"]))

    def _words(self, message: Message) -> dict[str, Any]:
        name = self._own.whatsapp_template
        if name is None:
            return {"type": "text", "text": {"body": message.text[:4096], "preview_url": False}}
        text = " ".join(message.text.split())[:1024]  # a variable is one line
        parts = [{"type": "body", "parameters": [{"type": "text", "text": text}]}]
        template = {"name": name, "language": {"code": message.language}, "components": parts}
        return {"type": "template", "template": template}

    def _unsaid(self, answer: Answer) -> DeliveryError:
        error = answer.json().get("error")
        code = error.get("code") if isinstance(error, dict) else None
        classes = API
        if code in UNREACHABLE:
            classes = Classes(gone=frozenset({answer.status}))
        elif code in THROTTLED or code in OPERATOR:
            classes = Classes()
        return refusal(answer, classes, self._clock(), f"{answer.status} code {code}")

    async def _telegram(
        self, message: Message, whom: str, handing: Handing, token: SecretStr
    ) -> Accepted:
        proof = quote(token.get_secret_value(), safe=":")
        url = f"{self._own.telegram_api.rstrip('/')}/bot{proof}/sendMessage"
        said = {"chat_id": int(whom), "text": message.text[:4096]}
        body = orjson.dumps(said | {"link_preview_options": {"is_disabled": True}})
        answer = await self._post.ask(url, body, JSON, handing)
        read = answer.json()
        if not answer.taken:
            words = str(read.get("description", ""))[:200]
            gone = answer.status in {400, 403} and TELEGRAM_GONE.search(words)
            classes = Classes(gone=frozenset({answer.status})) if gone else API
            error = refusal(answer, classes, self._clock(), f"{answer.status} {words}")
            asked = read.get("parameters")
            wait = asked.get("retry_after") if isinstance(asked, dict) else None
            if isinstance(wait, int):
                error.retry_after = max(float(wait), error.retry_after or 0.0)
            raise error
        result = read.get("result")
        if not isinstance(result, dict) or "message_id" not in result:
            raise garbled(answer)
        return Accepted(f"{whom}/{result['message_id']}"[:255], str(answer.status))

    async def _bot(
        self, message: Message, whom: str, handing: Handing, secret: SecretStr
    ) -> Accepted:
        name, now = f"{ID}{message.key[:32]}", self._clock()
        data: dict[str, Any] = {"conversation": whom, "text": message.text, "link": message.link}
        data |= {"language": message.language, "topic": message.topic, "urgent": message.urgent}
        body = orjson.dumps({"type": "conversation.message", "timestamp": now, "data": data})
        headers = {**JSON, **signed(secret, name, body, now)}
        answer = await self._post.ask(str(self._own.url), body, headers, handing, reference=name)
        if not answer.taken:
            raise refusal(answer, BOT, now)
        return Accepted(name, str(answer.status))


#: a bot of one's own knows a repetition by its ``webhook-id``; 410 means that the talk is over
BOT = Classes(permanent=frozenset({400, 404, 413, 422}), gone=frozenset({410}))
