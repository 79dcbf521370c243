"""What a mail server answers at each phase, and what we make of it."""

import asyncio
from typing import Any

import pytest

from hub.config import Settings
from hub.notify.channels import DeliveryError
from hub.notify.channels.email import Smtp, open_channel
from tests.hub.notify.servers import Post, mail_server
from tests.hub.notify.test_letter import FROM, message
from tests.hub.notify.world import NOW, World


def send(**options: Any) -> tuple[Post, str | DeliveryError, list[int]]:
    """Send one letter; return what the server got, what we made of it, letters when handing."""
    limits = {name: options.pop(name) for name in ("reply", "last") if name in options}

    async def story() -> tuple[Post, str | DeliveryError, list[int]]:
        async with mail_server(**options) as post:
            before: list[int] = []

            async def handing(reference: str = "") -> None:
                before.append(len(post.letters))

            channel = Smtp(post.url, mail_from=FROM, clock=lambda: NOW, **limits)
            try:
                return post, (await channel.send(message(), handing)).said, before
            except DeliveryError as error:
                return post, error, before

    return asyncio.run(story())


def test_a_letter_is_handed_over_once_and_after_we_said_so() -> None:
    post, answer, before = send()

    assert "250 taken as 42" == answer
    assert ([0], 1) == (before, len(post.letters))
    assert ["maija@example.fi"] == post.recipients
    assert "From the beginning" in post.read().get_body(("plain",)).get_content()


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code, permanent", [("451", False), ("421", False), ("550", True)])
def test_a_refusal_is_final_or_not_as_its_code_says(phase: str, code: str, permanent: bool) -> None:
    post, error, before = send(answers={phase: f"{code} not so"})

    assert isinstance(error, DeliveryError)
    assert (permanent, False) == (error.permanent, error.ambiguous)
    assert str(error).startswith(code)
    assert ([0] if phase == "DATA" else []) == before
    assert [] == post.letters


@pytest.mark.parametrize("how", [{"vanish": True}, {"silent": True, "last": 0.2}])
def test_a_server_that_took_it_and_says_nothing_may_have_it(how: dict[str, Any]) -> None:
    post, error, _ = send(**how)

    assert isinstance(error, DeliveryError)
    assert (True, False) == (error.ambiguous, error.permanent)
    assert 1 == len(post.letters)


def test_a_server_nobody_can_reach_has_not_got_it() -> None:
    async def story() -> None:
        channel = Smtp("smtp://127.0.0.1:1", mail_from=FROM, clock=lambda: NOW)
        await channel.send(message(), lambda: pytest.fail("handed to nobody"))

    with pytest.raises(DeliveryError, match="no connection") as failed:
        asyncio.run(story())
    assert (False, False) == (failed.value.ambiguous, failed.value.permanent)


def test_a_server_that_lets_us_wait_at_the_door_is_left() -> None:
    async def story() -> DeliveryError:
        callers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda r, w: callers.append(w), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        channel = Smtp(f"smtp://127.0.0.1:{port}", mail_from=FROM, clock=lambda: NOW, reply=0.1)
        try:
            with pytest.raises(DeliveryError) as failed:
                await channel.send(message(), lambda: pytest.fail("handed to nobody"))
            return failed.value
        finally:
            for caller in callers:
                caller.close()
                await caller.wait_closed()
            server.close()

    assert not asyncio.run(story()).ambiguous


def test_a_password_the_server_refuses_is_no_fault_of_the_letter() -> None:
    async def story() -> None:
        async with mail_server() as post:
            url = post.url.replace("smtp://", "smtp://hub:wrong%21@")
            channel = Smtp(url, mail_from=FROM, clock=lambda: NOW)
            await channel.send(message(), lambda: pytest.fail("handed to nobody"))

    with pytest.raises(DeliveryError) as failed:
        asyncio.run(story())
    assert not failed.value.permanent


@pytest.mark.parametrize(
    "settings, named",
    [
        ({"smtp_url": "http://post.example"}, "TILANNE_SMTP_URL"),
        ({"smtp_url": "smtp://"}, "TILANNE_SMTP_URL"),
        ({"smtp_url": "smtp://post:port"}, "TILANNE_SMTP_URL"),
        ({"mail_from": "Tilanne"}, "TILANNE_MAIL_FROM"),
        ({"mail_from": "a@b.fi, c@d.fi"}, "TILANNE_MAIL_FROM"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(
    world: World, settings: dict[str, str], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        open_channel(world.tools(Settings(**settings)))
