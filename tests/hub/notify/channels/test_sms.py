"""SMS: what a provider is asked, what its codes mean, and that in doubt it is asked first."""

import asyncio
import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from hub.notify.channels import Accepted, Channel, DeliveryError
from hub.notify.channels.sms import Sms, SmsSettings
from hub.notify.segments import segments
from tests.hub.notify.channels.cases import GENERIC, LOOPBACK, PHONE, TWILIO, message, now, says
from tests.hub.notify.channels.far_ends import Answer, Asked, FarEnd, far_end

LINK = "https://villa.example/t/8f3k2"
LONG = "Tilauksesi on matkalla ja saapuu pian. " * 20


def send(
    own: dict[str, Any], well: Answer, **words: Any
) -> tuple[FarEnd, Accepted | DeliveryError]:
    async def story() -> tuple[FarEnd, Accepted | DeliveryError]:
        async with far_end(well) as end:
            filled = {name: end.url if value == "URL" else value for name, value in own.items()}
            channel: Channel = Sms(SmsSettings(**filled), LOOPBACK, now)
            try:
                return end, await channel.send(message(words.pop("to", PHONE), **words), nothing)
            except DeliveryError as error:
                return end, error
            finally:
                await channel.close()

    return asyncio.run(story())


async def nothing(reference: str = "") -> None:
    return None


def form(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}


def test_twilio_is_asked_in_its_own_words() -> None:
    own = {**TWILIO, "callback": "https://hub.example/in/receipts/twilio"}
    end, answer = send(own, says({"sid": "SM1", "status": "queued"}, 201))
    asked = end.asked[0]

    assert Accepted("SM1", "queued") == answer
    assert ("POST", "/2010-04-01/Accounts/AC1/Messages.json") == (asked.method, asked.path)
    assert b"AC1:hush-hush" == b64decode(asked.headers["authorization"].removeprefix("Basic "))
    assert {
        "To": PHONE,
        "From": "+358501111111",
        "Body": "Tilauksesi on matkalla",
        "StatusCallback": "https://hub.example/in/receipts/twilio",
    } == form(asked)


@pytest.mark.parametrize(
    "status, code, gone, permanent",
    [
        (400, 21211, True, True),  # invalid number
        (400, 21610, True, True),  # has said STOP
        (400, 21408, False, True),  # we may not write to that country
        (401, 20003, False, False),  # our own key is wrong
        (403, 20003, False, False),
        (429, 20429, False, False),
    ],
)
def test_a_code_says_whether_the_number_is_gone(
    status: int, code: int, gone: bool, permanent: bool
) -> None:
    _, error = send(TWILIO, says({"code": code, "message": f"{PHONE} no"}, status))

    assert isinstance(error, DeliveryError)
    assert (gone, permanent, False) == (error.gone, error.permanent, error.ambiguous)
    assert f"{status} code {code}" == str(error)


def listing(*texts: str) -> Answer:
    def answer(asked: Asked) -> web.Response:
        if asked.method == "GET":
            found = [{"sid": f"SM{n}", "body": text} for n, text in enumerate(texts)]
            return web.json_response({"messages": found})
        return web.json_response({"sid": "SM9"}, status=201)

    return answer


def test_in_doubt_twilio_is_asked_and_what_it_has_is_not_sent_again() -> None:
    end, answer = send(TWILIO, listing("Jotain muuta", "Tilauksesi on matkalla"), doubts=[""])

    assert isinstance(answer, Accepted)
    assert "SM1" == answer.reference
    assert ["GET"] == [asked.method for asked in end.asked]
    assert {"To": PHONE, "DateSent>": "2026-11-22", "PageSize": "50"} == end.asked[0].query


def test_in_doubt_what_twilio_has_not_got_is_sent() -> None:
    end, answer = send(TWILIO, listing("Jotain muuta"), doubts=[""])

    assert Accepted("SM9", "") == answer
    assert ["GET", "POST"] == [asked.method for asked in end.asked]


@pytest.mark.parametrize("document", [{}, {"messages": None}, [], {"messages": {}}])
def test_in_doubt_nothing_is_sent_while_nobody_can_say(document: Any) -> None:
    end, error = send(TWILIO, says(document), doubts=[""])

    assert isinstance(error, DeliveryError)
    assert error.ambiguous
    assert ["GET"] == [asked.method for asked in end.asked]


@pytest.mark.parametrize("to", ["+358600123456", "0401234567", "+1", "+35840123456789012345"])
def test_a_number_that_costs_extra_or_is_none_is_not_written_to(to: str) -> None:
    end, error = send(TWILIO, says({}), to=to)

    assert isinstance(error, DeliveryError)
    assert error.permanent
    assert [] == end.asked


def test_a_long_text_is_cut_and_its_link_is_not() -> None:
    end, _ = send(TWILIO, says({"sid": "SM1"}, 201), text=f"{LONG}{LINK}", link=LINK)
    text = form(end.asked[0])["Body"]

    assert 2 == segments(text)
    assert text.endswith(f"... {LINK}")


def test_another_provider_gets_the_json_of_the_settings() -> None:
    body = {"msg": [{"to": "{to}", "txt": "{sender}: {text}", "n": 1}], "odd": "{other} {"}
    own = {**GENERIC, "body": body, "sender": "Villa", "key_header": "Idempotency-Key"}
    end, answer = send(own, says({"id": 7}), text="{key} {to} ä")
    asked = end.asked[0]

    assert Accepted("7", "200") == answer
    said = [{"to": PHONE, "txt": "Villa: {key} {to} ä", "n": 1}]
    assert {"msg": said, "odd": "{other} {"} == json.loads(asked.body)
    assert "ab" * 32 == asked.headers["idempotency-key"]
    assert "Bearer hush-hush" == asked.headers["authorization"]


def test_what_happens_in_doubt_is_what_the_provider_can() -> None:
    def policy(**own: Any) -> tuple[bool, str]:
        channel = Sms(SmsSettings(**{**own, "url": own.get("url") and "https://x"}), (), now)
        return channel.deduplicates, channel.on_ambiguous

    assert (False, "look_up") == policy(**TWILIO)
    assert (False, "hold") == policy(**GENERIC)
    assert (True, "resend") == policy(**GENERIC, key_header="Idempotency-Key")


@pytest.mark.parametrize(
    "own, named",
    [
        ({}, "needs account"),
        ({"account": "AC1", "token": "t"}, "needs account"),
        ({"url": "https://sms.example"}, "url needs a body"),
        ({**TWILIO, "segments": 0}, "greater than or equal to 1"),
        ({**TWILIO, "surprise": "1"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work_are_named_without_what_was_given(
    own: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named) as wrong:
        SmsSettings(**own)

    assert "hush-hush" not in str(wrong.value)
