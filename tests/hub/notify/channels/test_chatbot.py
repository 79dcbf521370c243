"""The chatbot: each bot in its own words, and what its codes mean."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook as Verifier

from hub.notify.channels import Accepted, DeliveryError
from hub.notify.channels.chatbot import Chatbot, ChatbotSettings
from tests.hub.notify.channels.cases import BOT, LOOPBACK, TELEGRAM, WHATSAPP, message, says
from tests.hub.notify.channels.far_ends import Answer, FarEnd, far_end
from tests.hub.notify.world import SECRET

WELL = says({"messages": [{"id": "wamid.1"}]})


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the library that checks knows no other clock


def send(
    to: str, own: dict[str, Any], well: Answer = WELL, **words: Any
) -> tuple[FarEnd, Accepted | DeliveryError]:
    async def story() -> tuple[FarEnd, Accepted | DeliveryError]:
        async with far_end(well) as end:
            filled = {name: value.replace("URL", end.url) for name, value in own.items()}
            channel = Chatbot(ChatbotSettings(**filled), LOOPBACK, now)
            try:
                return end, await channel.send(message(to, **words), nothing)
            except DeliveryError as error:
                return end, error
            finally:
                await channel.close()

    return asyncio.run(story())


async def nothing(reference: str = "") -> None:
    return None


def test_whatsapp_gets_a_text_within_a_conversation() -> None:
    end, answer = send("whatsapp:+358401234567", WHATSAPP, text="Yksi\nkaksi")
    asked = end.asked[0]

    assert Accepted("ab" * 32, "wamid.1") == answer
    assert "/v23.0/42/messages" == asked.path
    assert "Bearer hush-hush" == asked.headers["authorization"]
    assert {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "358401234567",
        "biz_opaque_callback_data": "ab" * 32,
        "type": "text",
        "text": {"body": "Yksi\nkaksi", "preview_url": False},
    } == orjson.loads(asked.body)


def test_whatsapp_gets_a_template_where_one_is_set() -> None:
    own = {**WHATSAPP, "whatsapp_template": "order_update"}
    end, _ = send("whatsapp:358401234567", own, text="Yksi\nkaksi")
    said = orjson.loads(end.asked[0].body)

    assert ("template", "order_update", {"code": "fi"}) == (
        said["type"],
        said["template"]["name"],
        said["template"]["language"],
    )
    variable = said["template"]["components"][0]["parameters"][0]
    assert {"type": "text", "text": "Yksi kaksi"} == variable


@pytest.mark.parametrize(
    "status, code, gone, permanent",
    [
        (400, 131026, True, True),  # no WhatsApp there
        (400, 131047, False, True),  # more than 24 hours since the customer's last word
        (400, 132001, False, True),  # no such template
        (400, 131056, False, False),  # too much to this one
        (400, 130429, False, False),
        (401, 190, False, False),  # our token is over
        (400, 131042, False, False),  # our bill
    ],
)
def test_whatsapp_says_by_code_what_is_over(
    status: int, code: int, gone: bool, permanent: bool
) -> None:
    error = {"message": "to 358401234567", "code": code}
    _, made = send("whatsapp:358401234567", WHATSAPP, says({"error": error}, status))

    assert isinstance(made, DeliveryError)
    assert (gone, permanent, False) == (made.gone, made.permanent, made.ambiguous)
    assert f"{status} code {code}" == str(made)


def test_telegram_gets_a_text_without_a_preview() -> None:
    well = says({"ok": True, "result": {"message_id": 9}})
    end, answer = send("telegram:-100123", TELEGRAM, well)

    assert Accepted("-100123/9", "200") == answer
    assert "/bot12:telegram-token/sendMessage" == end.asked[0].path
    assert {
        "chat_id": -100123,
        "text": "Tilauksesi on matkalla",
        "link_preview_options": {"is_disabled": True},
    } == orjson.loads(end.asked[0].body)


@pytest.mark.parametrize(
    "status, words, gone, permanent",
    [
        (403, "Forbidden: bot was blocked by the user", True, True),
        (400, "Bad Request: chat not found", True, True),
        (400, "Bad Request: message text is empty", False, True),
        (401, "Unauthorized", False, False),
    ],
)
def test_telegram_says_in_words_who_has_gone(
    status: int, words: str, gone: bool, permanent: bool
) -> None:
    answer = says({"ok": False, "description": words}, status)
    _, error = send("telegram:4711", TELEGRAM, answer)

    assert isinstance(error, DeliveryError)
    assert (gone, permanent) == (error.gone, error.permanent)


def test_telegram_asks_for_a_wait_in_its_body() -> None:
    answer = says({"ok": False, "parameters": {"retry_after": 31}}, 429)
    _, error = send("telegram:4711", TELEGRAM, answer)

    assert isinstance(error, DeliveryError)
    assert (31.0, False) == (error.retry_after, error.permanent)


def test_a_bot_of_ones_own_can_check_that_it_is_us() -> None:
    end, answer = send("bot:talk-1", BOT, says({}), link="https://villa.example/t/1", urgent=True)
    asked = end.asked[0]
    read = Verifier(SECRET).verify(asked.body, asked.headers)

    assert f"msg_{'ab' * 16}" == asked.headers["webhook-id"]
    assert Accepted(asked.headers["webhook-id"], "200") == answer
    assert "conversation.message" == read["type"]
    assert {
        "conversation": "talk-1",
        "text": "Tilauksesi on matkalla",
        "link": "https://villa.example/t/1",
        "language": "fi",
        "topic": "t" * 32,
        "urgent": True,
    } == read["data"]


def test_a_bot_that_says_gone_ends_the_conversation() -> None:
    _, error = send("bot:talk-1", BOT, lambda asked: web.Response(status=410))

    assert isinstance(error, DeliveryError)
    assert error.gone


@pytest.mark.parametrize("to", ["whatsapp:abc", "telegram:@maija", "telegram:1/../x", "bot:"])
def test_no_address_reaches_beyond_its_conversation(to: str) -> None:
    end, error = send(to, {**WHATSAPP, **TELEGRAM, **BOT})

    assert isinstance(error, DeliveryError)
    assert error.permanent
    assert [] == end.asked
