"""What a channel is built with: settings of the hub and its own, a clock, a mailbox."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_origin

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from hub.clock import Clock
from hub.config import Settings
from hub.store import feeds, outbox
from hub.store.session import Store


class Own(BaseModel):
    """The settings of one channel; a list or a table may be written as JSON text."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _read_json(cls, given: Any) -> Any:
        fields = cls.model_fields
        return {
            name: orjson.loads(value)
            if name in fields
            and isinstance(value, str)
            and get_origin(fields[name].annotation) in {dict, tuple}
            else value
            for name, value in dict(given).items()
        }


Mine = TypeVar("Mine", bound=Own)
#: puts a record into a topic (topic, key, value, headers) and says where it is kept
Publish = Callable[[str, bytes, bytes, Mapping[str, str]], Awaitable[str]]


class Unpublished(Exception):
    """Nobody has confirmed that a record is kept; it may be all the same."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a channel is built with."""

    settings: Settings
    clock: Clock
    #: keeps a message in the local mailbox, once per message id
    keep_mail: Callable[[str, bytes], Awaitable[None]]
    #: lays a message out for a sink to fetch, once per message id: sink, id, body
    lay_out: Callable[[str, str, bytes], Awaitable[None]]
    publish: Publish | None = None  #: None: the hub has no topics

    @classmethod
    def writing(
        cls, store: Store, settings: Settings, clock: Clock, publish: Publish | None = None
    ) -> "Tools":
        """Return tools for those who send: what they keep is in the database."""

        async def keep_mail(message_id: str, message: bytes) -> None:
            now = clock()
            await store.write(lambda c: outbox.keep_mail(c, message_id, message, now))

        async def lay_out(sink: str, message_id: str, body: bytes) -> None:
            now = clock()
            await store.write(lambda c: feeds.put(c, sink, message_id, body, now))

        return cls(settings, clock, keep_mail, lay_out, publish)

    @classmethod
    def idle(cls, settings: Settings, clock: Clock) -> "Tools":
        """Return tools for those who look at channels and send nothing."""

        async def nowhere(*_: object) -> None:
            raise AssertionError("nothing is sent from here")

        return cls(settings, clock, nowhere, nowhere)

    def own(self, name: str, model: type[Mine]) -> Mine | None:
        """Return the settings of a channel; None: there are none. ``ValueError`` names a wrong one.

        What was given is never repeated: it may be a secret.
        """
        given = self.settings.channels.get(name)
        if given is None:
            return None
        try:
            return model.model_validate(given)
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False)[0]
            place = "__".join([name, *map(str, wrong["loc"])]).upper()
            raise ValueError(f"TILANNE_CHANNELS__{place}: {wrong['msg']}") from None
