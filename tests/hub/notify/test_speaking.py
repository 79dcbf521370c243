"""What a notice says of its reader is looked up when it goes out."""

import asyncio
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import update

from hub.store.outbox import BELIEF, CONTACT
from tests.hub.notify.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def letter(world: World, customer: str, orders: int) -> str:
    """Place orders of one customer, tell of the last one, and read the letter."""
    for number in range(orders):
        world.add_order(f"o{number}", email=None)
    world.add_contact("c", email="maija@example.fi", language="fi")
    world.run(update(CONTACT).values(customer=customer))
    world.run(update(BELIEF).values(contact_id="c"))
    world.tell("order_placed", "order", order_id=f"o{orders - 1}")

    async def go() -> None:
        dispatcher = world.dispatcher()
        for _ in range(3):
            await dispatcher.step()
        await dispatcher.stop()

    asyncio.run(go())
    [mail] = world.mail()
    part = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize(
    "customer, orders, explained",
    [("7", 1, True), ("7", 2, False), ("order:o0", 1, False)],
    ids=["first", "second", "guest"],
)
def test_only_a_first_order_is_explained(
    world: World, customer: str, orders: int, explained: bool
) -> None:
    assert explained == ("ensimmäistä kertaa" in letter(world, customer, orders))
