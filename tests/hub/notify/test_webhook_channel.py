"""What a store system answers, and what we make of it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook as Verifier

from hub.config import Sink
from hub.notify.channels import Accepted, DeliveryError, Message
from hub.notify.channels.webhook import Webhook
from hub.notify.posting import READ, wait_of
from tests.hub.notify.servers import Answer, Partner, partner, says
from tests.hub.notify.world import NOW, SECRET

LOOPBACK = ("127.0.0.0/8",)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the library that checks knows no other clock


def send(answer: Answer | None = None, **options: Any) -> tuple[Partner, Accepted | DeliveryError]:
    """Send one message to a store system that answers so; return what it got and what we made."""

    async def story() -> tuple[Partner, Accepted | DeliveryError]:
        async with partner(answer) as store:
            sink = Sink(name="kassa", url=store.url, secret=SECRET)
            channel = Webhook(sinks=[sink], allowed=LOOPBACK, clock=now, **options)
            try:
                return store, await channel.send(message(store.url), nothing)
            except DeliveryError as error:
                return store, error
            finally:
                await channel.close()

    return asyncio.run(story())


async def nothing(reference: str = "") -> None:
    return None


def message(url: str) -> Message:
    words = dict.fromkeys(("subject", "short", "text", "html"), "")
    body = '{"type":"order.shipped","data":{"number":"Å1"}}'.encode()
    return Message(key="ab" * 32, recipient="kassa", to=url, payload=body, language="en", **words)


def test_the_signature_convinces_the_receivers_library() -> None:
    store, reference = send()
    hook = store.received[0]

    assert Accepted(said="204") == reference
    assert "order.shipped" == Verifier(SECRET).verify(hook.body, hook.headers)["type"]
    assert "application/json" == hook.headers["content-type"]
    assert f"msg_{'ab' * 16}" == hook.headers["webhook-id"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_success(status: int) -> None:
    assert Accepted(said=str(status)) == send(says(status))[1]


@pytest.mark.parametrize(
    "status, permanent",
    [
        (410, True),
        *((one, False) for one in (301, 302, 307, 400, 401, 404, 413, 429, 500, 502, 503)),
    ],
)
def test_everything_else_is_a_failure_and_gone_is_final(status: int, permanent: bool) -> None:
    store, error = send(says(status, "no such thing", location="http://127.0.0.1:1/"))

    assert isinstance(error, DeliveryError)
    assert (permanent, False) == (error.permanent, error.ambiguous)
    assert str(error).startswith(f"{status} ")
    assert 1 == len(store.received)


WAITS = {
    "120": 120.0,
    "0": 0.0,
    "9" * 40: 999999999999.0,
    "Mon, 23 Nov 2026 09:02:00 GMT": 120.0,
    "Mon, 23 Nov 2026 08:00:00 GMT": 0.0,
    "Mon, 23 Nov 2026 09:02:00": None,
    "-5": None,
    "1.5": None,
    "²": None,
    "soon": None,
    "": None,
}


@pytest.mark.parametrize("text, seconds", WAITS.items())
def test_a_wait_is_read_as_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    assert seconds == wait_of(text, NOW)


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_may_ask_for_a_wait(status: int) -> None:
    _, error = send(says(status, retry_after="77"))

    assert isinstance(error, DeliveryError)
    assert 77.0 == error.retry_after


def test_a_receiver_that_does_not_answer_may_have_it_all_the_same() -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    _, error = send(hang, total=0.2)

    assert isinstance(error, DeliveryError)
    assert (True, False) == (error.ambiguous, error.permanent)


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    sent = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 10_000)
                sent += 10_000
        except ConnectionError:
            return response

    _, error = send(pour, total=5.0)

    assert isinstance(error, DeliveryError)
    assert str(error).startswith("500 ")
    assert READ < sent < 1000 * READ  # what the sockets between us hold


def test_nobody_at_home_is_no_success_and_not_ambiguous() -> None:
    async def story() -> DeliveryError:
        sink = Sink(name="kassa", url="http://127.0.0.1:1/", secret=SECRET)
        channel = Webhook(sinks=[sink], allowed=LOOPBACK, clock=now)
        try:
            with pytest.raises(DeliveryError) as failed:
                await channel.send(message("http://127.0.0.1:1/"), nothing)
            return failed.value
        finally:
            await channel.close()

    error = asyncio.run(story())
    assert (False, False) == (error.ambiguous, error.permanent)


def test_a_secret_that_cannot_sign_sends_nothing() -> None:
    async def story() -> int:
        async with partner() as store:
            sink = Sink(name="kassa", url=store.url, secret="whsec_åäö")
            channel = Webhook(sinks=[sink], allowed=LOOPBACK, clock=now)
            with pytest.raises(DeliveryError, match="secret"):
                await channel.send(message(store.url), nothing)
            await channel.close()
            return len(store.received)

    assert 0 == asyncio.run(story())
