"""What every channel promises, whichever it is; a new one is tested by being in the folder."""

import asyncio
from typing import Any

import orjson
import pytest

from hub.config import Settings, Sink
from hub.notify.channels import (
    Audience,
    Channel,
    DeliveryError,
    Form,
    Message,
    names,
    open_channels,
)
from hub.store.tables import ContactRow
from tests.hub.notify.world import SECRET, World

NAMES = names()


def opened(world: World, **settings: Any) -> dict[str, Channel]:
    sink = Sink(name="kassa", url="http://127.0.0.1:1/", secret=SECRET)
    known = {"sinks": [sink], "sink_networks": ["127.0.0.0/8"]}
    return open_channels(world.tools(Settings(**(known | settings))))


def test_the_registry_is_the_folder(world: World) -> None:
    assert NAMES == tuple(opened(world)) == ("email", "webhook")


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_says_what_the_dispatcher_asks(world: World, name: str) -> None:
    channel = opened(world)[name]

    assert name == channel.NAME
    assert channel.AUDIENCE in Audience
    assert (channel.FORM is Form.DATA) == (channel.AUDIENCE is Audience.SINK)
    assert channel.MISSING
    assert (0.0, True) == (channel.SCHEDULE[0], len(channel.SCHEDULE) > 1)
    assert channel.DEADLINE > 0
    assert channel.AT_ONCE > 0
    columns = set(ContactRow.model_fields)
    assert (channel.ADDRESS in columns) == (channel.AUDIENCE is Audience.CUSTOMER)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("to", ["", "nobody", "smtp://x", "a@b, c@d", "http://[", "\x00"])
def test_a_channel_refuses_an_address_it_cannot_use(world: World, name: str, to: str) -> None:
    async def story() -> None:
        channels = opened(world)
        try:
            with pytest.raises(DeliveryError):
                await channels[name].send(_message(to), _nothing)
        finally:
            for channel in channels.values():
                await channel.close()

    asyncio.run(story())


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_that_reaches_nobody_says_so(world: World, name: str) -> None:
    to = {Audience.SINK: "http://127.0.0.1:1/", Audience.CUSTOMER: "maija@example.fi"}

    async def story() -> None:
        channels = opened(world, smtp_url="smtp://127.0.0.1:1")
        channel = channels[name]
        try:
            with pytest.raises(DeliveryError) as failed:
                await channel.send(_message(to[channel.AUDIENCE]), _nothing)
        finally:
            await channel.close()

        assert (False, False) == (failed.value.permanent, failed.value.ambiguous)

    asyncio.run(story())


async def _nothing(reference: str = "") -> None:
    return None


def _message(to: str) -> Message:
    return Message(
        key="a" * 64,
        recipient="kassa",
        to=to,
        subject="Hei",
        short="Hei",
        text="Hei",
        html="<p>Hei</p>",
        payload=orjson.dumps({}),
        language="fi",
    )
