"""What comes of a report: told once, a doubt is settled, an address closed, a consent withdrawn."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from hub.config import Settings
from hub.notify.channels import Channel, DeliveryError
from hub.notify.hearing import Heard, hear
from hub.notify.receipts import Receipt, What
from hub.notify.receipts.mailgun import Mailgun
from hub.store import customers, suppressions
from hub.store.receipts import RECEIPT
from hub.store.stuck import NO_OTHER_WAY, NOT_KNOWN
from hub.telemetry import ALERTS
from tests.hub.notify.channels.far_ends import Trouble, mail_end
from tests.hub.notify.world import NOW, World

DESK = Mailgun("key")
EMAIL = "maija@example.fi"


def report(world: World, what: What, event: str = "e1", **more: Any) -> Heard:
    """Let a report come in about the first attempt of the first notice."""
    reference = world.attempts()[0].provider_ref if world.attempts() else "<x@y>"
    known = {"event": event, "reference": reference, "what": what, "at": NOW, "addresses": [EMAIL]}
    return asyncio.run(hear(world.store, DESK, [Receipt(**{**known, **more})], world.now))


def send(world: World, trouble: Trouble | None = None, **settings: Any) -> None:
    async def story() -> None:
        async with mail_end(trouble) as end:
            dispatcher = world.dispatcher(Settings(smtp_url=end.url, **settings))
            await dispatcher.step()
            await dispatcher.stop()

    asyncio.run(story())


def sent(world: World) -> None:
    """An order, and one letter about it."""
    world.add_order()
    world.tell("shipped")
    send(world)


def test_a_report_is_kept_once_however_often_it_comes(world: World) -> None:
    sent(world)

    assert [("email", What.DELIVERED)] == report(world, What.DELIVERED).new
    assert [] == report(world, What.DELIVERED).new
    assert [("email", What.READ)] == report(world, What.READ, "e2").new
    assert [(1, 1, "delivered"), (1, 1, "read")] == [
        (row.notice_id, row.n, row.what) for row in world.rows(RECEIPT)
    ]


def test_a_report_about_something_we_have_not_sent_is_kept_beside_nothing(world: World) -> None:
    heard = report(world, What.DELIVERED, reference="<other@shop>")

    assert 1 == heard.strange
    assert [None] == [row.notice_id for row in world.rows(RECEIPT)]


@pytest.mark.parametrize("what", [What.DELIVERED, What.READ])
def test_a_letter_nobody_was_sure_of_is_sent_once_its_arrival_is_reported(
    world: World, what: What
) -> None:
    world.add_order()
    world.tell("shipped")
    send(world, Trouble.CUT)
    assert ["held"] == [row.state for row in world.notices()]

    report(world, what)

    assert [("shipped", "sent", None)] == world.states()


def test_a_delay_settles_nothing(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    send(world, Trouble.CUT)

    report(world, What.DELAYED)

    assert ["held"] == [row.state for row in world.notices()]


def test_an_address_that_bounced_is_not_written_to_again(world: World) -> None:
    sent(world)
    report(world, What.BOUNCED, detail=f"550 <{EMAIL}> unknown")
    world.tell("delivered")
    send(world)

    assert [
        ("shipped", "sent", f"{NOT_KNOWN}{NO_OTHER_WAY}"),
        ("delivered", "suppressed", "the address is closed: bounced: 550 <…> unknown"),
    ] == world.states()


def test_what_only_failed_this_time_closes_nothing(world: World) -> None:
    sent(world)
    report(world, What.FAILED)

    assert {} == world.store.read_now(lambda c: suppressions.closed(c, ["email"], [EMAIL]))


def test_whoever_complains_has_withdrawn_consent_and_somebody_hears_of_it(world: World) -> None:
    sent(world)
    before = ALERTS.labels("complaint")._value.get()

    report(world, What.COMPLAINED)

    customer = world.store.read_now(lambda c: customers.find(c, "c-o1"))
    assert customer is not None
    assert customer.row is not None
    assert '"email/transactional":false' in customer.row.consents
    assert '"*/offers":false' in customer.row.consents
    assert before + 1 == ALERTS.labels("complaint")._value.get()
    assert {("email", EMAIL)} == set(
        world.store.read_now(lambda c: suppressions.closed(c, ["email"], [EMAIL]))
    )


class Gone:
    """A channel whose provider says that nobody lives there."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def send(self, message: Any, handing: Any) -> Any:
        raise DeliveryError(f"550 5.1.1 {message.to} unknown", gone=True)


def test_an_address_a_provider_calls_gone_is_closed_at_once(world: World) -> None:
    world.add_order()
    world.tell("shipped")
    world.tell("delivered", "parcel:p2")

    async def story() -> None:
        email = world.dispatcher()._house.channels["email"]
        dispatcher = world.dispatcher(channels={"email": Gone(email)})
        await dispatcher.step()
        await dispatcher.step()
        await dispatcher.stop()

    asyncio.run(story())

    closed = "the address is closed: gone: 550 5.1.1 … unknown"
    assert [("shipped", "dead", "550 5.1.1 … unknown"), ("delivered", "suppressed", closed)] == (
        world.states()
    )


def test_an_address_its_owner_has_verified_anew_is_open_again(world: World) -> None:
    sent(world)
    report(world, What.BOUNCED)

    def verify(connection: Any) -> None:
        found = customers.find(connection, "c-o1")
        assert found is not None
        who = customers.settle(connection, found, NOW)
        customers.state_address(
            connection, who, kind="email", address=EMAIL, verified=True, now=NOW
        )

    world.store.write_now(verify)

    assert {} == world.store.read_now(lambda c: suppressions.closed(c, ["email"], [EMAIL]))


def test_a_closed_address_is_known_by_its_hash_alone(world: World) -> None:
    sent(world)
    report(world, What.BOUNCED, addresses=["Maija@Example.FI"])

    rows: Sequence[Any] = world.rows(suppressions.SUPPRESSION)
    assert [suppressions.digest(EMAIL)] == [row.address_hash for row in rows]
    assert not [row for row in rows if "maija" in str(row).lower()]
