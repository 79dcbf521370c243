"""Channels to customers whose provider is a list, and a customer with wishes to try them on."""

import asyncio
from collections.abc import Sequence
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
from hub.store import customers
from hub.store.consents import Entry
from tests.hub.notify.world import World


class Bell:
    """One way to reach a customer; ``rung`` is what its far end has seen."""

    AUDIENCE = Audience.CUSTOMER
    SCHEDULE: Sequence[float] = (0.0, 60.0)
    DEADLINE = 5.0
    AT_ONCE = 8
    deduplicates = True
    on_ambiguous: OnAmbiguous = "resend"

    def __init__(self, name: str, form: Form, address: str) -> None:
        self.NAME, self.FORM, self.ADDRESS = name, form, address
        self.MISSING = f"no {address} known"
        self.rung: list[Message] = []

    async def send(self, message: Message, handing: Handing) -> Accepted:
        await handing()
        self.rung.append(message)
        return Accepted("rung")

    async def close(self) -> None:
        pass


class Busy(Bell):
    """A channel whose provider says no until ``no`` is taken away."""

    def __init__(self, bell: Bell, no: DeliveryError) -> None:
        super().__init__(bell.NAME, bell.FORM, bell.ADDRESS)
        self.no: DeliveryError | None = no

    async def send(self, message: Message, handing: Handing) -> Accepted:
        if self.no is not None:
            raise self.no
        return await super().send(message, handing)


def bells() -> dict[str, Bell]:
    """A letter-box, a telephone and an app."""
    made = (
        Bell("email", Form.LETTER, "email"),
        Bell("push", Form.PUSH, "device"),
        Bell("sms", Form.SMS, "phone"),
    )
    return {bell.NAME: bell for bell in made}


def wish(world: World, contact: str = "c-o1", *entries: Entry, **wishes: Any) -> str:
    """Let the customer of a contact say something; return their id."""
    if "channels" in wishes:
        wishes["channels"] = orjson.dumps(wishes["channels"]).decode()

    def say(connection: Any) -> str:
        found = customers.find(connection, contact)
        assert found is not None
        own = customers.settle(connection, found, world.now)
        customers.change(connection, own, wishes, entries, world.now)
        return own

    return world.store.write_now(say)


def withdrawn(world: World, channel: str, message_class: str, *, given: bool = False) -> Entry:
    return Entry(
        channel=channel, message_class=message_class, given=given, at=world.now, source="page"
    )


def has(world: World, customer: str, kind: str, address: str, *, verified: bool = True) -> str:
    """Let a customer have an address; return whose it is now."""
    return world.store.write_now(
        lambda c: customers.state_address(
            c, customer, kind=kind, address=address, verified=verified, now=world.now
        )
    )


def told(world: World, channels: dict[str, Bell], settings: Any = None) -> list[tuple[str, ...]]:
    """Let the dispatcher work; return each notice with its channel, state and reason."""
    dispatcher = world.dispatcher(settings, channels)  # type: ignore[arg-type]

    async def work() -> None:
        while await dispatcher.step():
            pass

    asyncio.run(work())
    return [(row.channel, row.state, row.reason or "") for row in world.notices()]
