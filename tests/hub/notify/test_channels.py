"""What every channel promises, whichever it is; a new one is tested by being in the folder."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hub.config import Settings, Sink
from hub.notify.channels import (
    Audience,
    Channel,
    Form,
    names,
    open_channels,
)
from tests.hub.notify.channels.cases import BOT, TWILIO, VAPID
from tests.hub.notify.world import SECRET, World

NAMES = names()


def opened(world: World, **settings: Any) -> dict[str, Channel]:
    sink = Sink(name="kassa", url="http://127.0.0.1:1/", secret=SECRET)
    own = {"sms": TWILIO, "push": {"vapid_key": VAPID, "contact": "mailto:a@b.fi"}, "chatbot": BOT}
    own["apprise"] = {"url": "json://127.0.0.1/{to}"}
    own["chatbot"] = {**BOT, "url": "https://bot.example"}
    known = {"sinks": [sink], "sink_networks": ["127.0.0.0/8"], "channels": own}
    return open_channels(replace(world.tools(Settings(**(known | settings))), publish=published))


async def published(topic: str, key: bytes, value: bytes, headers: Mapping[str, str]) -> str:
    """Somebody listens."""
    return topic


def test_the_registry_is_the_folder(world: World) -> None:
    names = ("apprise", "chatbot", "email", "feed", "push", "sms", "topic", "webhook")

    assert NAMES == tuple(opened(world)) == names


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
    assert channel.on_ambiguous in {"hold", "resend", "look_up"}
    assert channel.deduplicates <= (channel.on_ambiguous == "resend")
    assert (channel.ADDRESS in Sink.model_fields) == (channel.AUDIENCE is Audience.SINK)


def test_a_channel_without_settings_is_not_there(world: World) -> None:
    assert {"email", "feed", "webhook"} == set(open_channels(world.tools(Settings())))


@pytest.mark.parametrize(
    "given, named",
    [
        ({"pigeon": {}}, "there is no channel pigeon"),
        ({"sms": {}}, "TILANNE_CHANNELS__SMS: Value error, needs account"),
        ({"sms": {"segments": "hush-hush"}}, "TILANNE_CHANNELS__SMS__SEGMENTS: Input should be"),
        ({"push": {"vapid_key": "hush-hush", "contact": "mailto:a@b"}}, "PUSH__VAPID_KEY is no"),
        ({"push": {"service_account": "hush-hush"}}, "PUSH__SERVICE_ACCOUNT is not"),
        ({"email": {"headers": "{hush-hush"}}, "TILANNE_CHANNELS__EMAIL"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start_by_name_alone(
    world: World, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named) as wrong:
        open_channels(world.tools(Settings(channels=given)))

    assert "hush-hush" not in str(wrong.value)
    assert "hush-hush" not in repr(Settings(channels=given))


def test_settings_of_a_channel_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILANNE_CHANNELS__SMS__ACCOUNT", "AC1")
    monkeypatch.setenv("TILANNE_CHANNELS__SMS__BODY", '{"to": "{to}"}')

    assert {"sms": {"account": "AC1", "body": '{"to": "{to}"}'}} == Settings().channels
