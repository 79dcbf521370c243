"""Who is told of orders, at the far end of the network: providers that keep what they are handed.

A provider may be well, refuse, take a message and lose the line, or the hub may end in the middle.
It writes down every message before it answers, so that it can testify afterwards.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from hub.notify.channels import (
    Accepted,
    Audience,
    DeliveryError,
    Form,
    Handing,
    Message,
    OnAmbiguous,
)
from state_machine.milestones import Told

Telling = tuple[str, ...]  #: order, subject, milestone, revision, channel, recipient
KINDS = ("order_id", "subject", "milestone", "revision")


class Mood(StrEnum):
    """What becomes of a message."""

    WELL = "taken, and answered so"
    REFUSES = "refused for now"
    NEVER = "refused for good"
    LOSES = "lost with the line, after it was handed over"
    SILENT = "taken, but the line broke before the answer"
    DIES_BEFORE = "the hub ends before it is handed over"
    DIES_AFTER = "the hub ends after it was taken"


@dataclass(frozen=True)
class Handed:
    """A message as its provider saw it, or would have seen it a moment later."""

    channel: str
    recipient: str
    to: str
    key: str
    about: dict[str, Any]  #: the data of its payload
    mood: Mood

    @property
    def may_be_taken(self) -> bool:
        """Whether the provider may have it, for all that the hub can know."""
        return self.mood is not Mood.DIES_BEFORE

    @property
    def taken(self) -> bool:
        """Whether the recipient has it."""
        return self.may_be_taken and self.mood is not Mood.LOSES

    @property
    def answered(self) -> bool:
        """Whether the hub was told that the recipient has it."""
        return self.mood is Mood.WELL

    @property
    def telling(self) -> Telling:
        """What may be visible once."""
        return (*(self.about[name] for name in KINDS), self.channel, self.recipient)

    @property
    def code(self) -> Told:
        """Which milestone it tells of."""
        return Told(self.about["milestone"])

    @property
    def corrects(self) -> Telling | None:
        """The telling that it takes back, if it is a correction."""
        wrong = self.about.get("corrects")
        return wrong and (
            self.about["order_id"],
            wrong["subject"],
            wrong["milestone"],
            wrong["revision"],
            self.channel,
            self.recipient,
        )


class Provider:
    """One way to reach people or systems, with its provider behind it."""

    MISSING = "no address known"
    SCHEDULE: Sequence[float] = (0.0, 30.0, 120.0, 1800.0)
    DEADLINE = 30.0
    AT_ONCE = 3

    def __init__(self, name: str, audience: Audience, on_ambiguous: OnAmbiguous) -> None:
        self.NAME = name
        self.AUDIENCE = audience
        self.ADDRESS = "email" if audience is Audience.CUSTOMER else "url"
        self.FORM = Form.LETTER if audience is Audience.CUSTOMER else Form.DATA
        self.deduplicates = audience is Audience.SINK
        self.on_ambiguous = on_ambiguous
        self.mood = Mood.WELL
        self.handed: list[Handed] = []

    async def send(self, message: Message, handing: Handing) -> Accepted:
        if self.mood is Mood.REFUSES:
            raise DeliveryError("not now")
        if self.mood is Mood.NEVER:
            raise DeliveryError("never", permanent=True)
        if self.mood is not Mood.DIES_BEFORE:
            await handing()
        self.handed.append(
            Handed(
                channel=self.NAME,
                recipient=message.recipient,
                to=message.to,
                key=message.key,
                about=orjson.loads(message.payload)["data"],
                mood=self.mood,
            )
        )
        if self.mood in {Mood.DIES_BEFORE, Mood.DIES_AFTER}:
            raise asyncio.CancelledError
        if self.mood is not Mood.WELL:
            raise DeliveryError("the line broke", ambiguous=True)
        return Accepted(message.key)

    async def close(self) -> None:
        """Nothing is open."""
