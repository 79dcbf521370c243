"""A customer is told by the channel they like best of those that reach them, and only by that."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from hub.config import Settings, Shop
from hub.store import customers
from hub.store.outbox import BELIEF
from tests.hub.notify.bells import bells, has, told, wish, withdrawn
from tests.hub.notify.world import World

PHONE = "+358401234567"


def test_a_guest_is_told_by_what_the_order_has_and_by_one_channel_only(world: World) -> None:
    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")

    assert [("email", "sent", "")] == told(world, bells())


def test_a_guest_without_e_mail_is_told_by_phone_and_the_ledger_says_why(world: World) -> None:
    world.add_order()
    world.add_order("o2", email="", phone=PHONE)
    world.tell("ready_for_pickup", order_id="o2")
    channels = bells()

    assert [
        ("email", "suppressed", "no email known"),
        ("push", "suppressed", "no device known"),
        ("sms", "sent", ""),
    ] == told(world, channels)
    assert [PHONE] == [message.to for message in channels["sms"].rung]


def test_a_shop_says_by_which_channels_its_customers_are_told(world: World) -> None:
    world.add_order(phone=PHONE)
    world.tell("ready_for_pickup")
    settings = Settings(shops={"villa": Shop(channels=("sms",))})

    assert [("sms", "sent", "")] == told(world, bells(), settings)


def test_what_a_customer_likes_best_comes_first_class_by_class(world: World) -> None:
    world.add_order(phone=PHONE)
    customer = wish(world, channels={"*": ["sms"], "informative": ["push", "email"]})
    has(world, customer, "device", "token-1")
    world.tell("ready_for_pickup")
    world.tell("delivered", "parcel:p2")

    assert [("sms", "sent", ""), ("push", "sent", "")] == told(world, bells())


@pytest.mark.parametrize("channel", ["email", "*"])
def test_what_a_customer_switched_off_is_not_told_and_the_reason_stands(
    world: World, channel: str
) -> None:
    world.add_order()
    wish(world, "c-o1", withdrawn(world, channel, "informative"))
    world.tell("delivered")
    world.tell("cancelled", "order")
    notices = told(world, {"email": bells()["email"]})

    off = "switched off by the customer: informative messages by email"
    assert [("email", "suppressed", off), ("email", "sent", "")] == notices


def test_what_is_switched_off_on_one_channel_is_told_by_another(world: World) -> None:
    world.add_order(phone=PHONE)
    wish(world, "c-o1", withdrawn(world, "email", "informative"), channels={"*": ["email", "sms"]})
    world.tell("delivered")

    off = "switched off by the customer: informative messages by email"
    assert [("email", "suppressed", off), ("sms", "sent", "")] == told(world, bells())


def test_who_agrees_again_is_told_again(world: World) -> None:
    world.add_order()
    wish(world, "c-o1", withdrawn(world, "*", "informative"))
    world.later(days=1)
    wish(world, "c-o1", withdrawn(world, "email", "informative", given=True))
    world.tell("delivered")

    assert [("email", "sent", "")] == told(world, bells())


def test_a_channel_that_needs_consent_waits_for_it(world: World) -> None:
    world.add_order(phone=PHONE)
    settings = Settings(
        shops={"villa": Shop(channels=("sms",))}, consent_channels=frozenset({"sms"})
    )
    world.tell("ready_for_pickup")
    wish(world)
    assert [("sms", "suppressed", "no consent to transactional messages by sms")] == told(
        world, bells(), settings
    )

    wish(world, "c-o1", withdrawn(world, "sms", "transactional", given=True))
    world.tell("ready_for_pickup", "parcel:p2")
    assert ("sms", "sent", "") == told(world, bells(), settings)[-1]


def test_an_address_anybody_could_name_is_used_once_it_is_verified(world: World) -> None:
    world.add_order()
    customer = wish(world, channels={"*": ["sms"]})
    has(world, customer, "phone", PHONE, verified=False)
    world.tell("ready_for_pickup")
    channels = bells()
    assert [("sms", "suppressed", "the address is not verified"), ("email", "sent", "")] == told(
        world, channels
    )

    has(world, customer, "phone", PHONE)
    world.tell("ready_for_pickup", "parcel:p2")
    assert ("sms", "sent", "") == told(world, channels)[-1]


def test_an_address_that_is_disabled_is_passed_over(world: World) -> None:
    world.add_order()
    customer = wish(world)
    has(world, customer, "email", "maija@example.fi")
    world.later(minutes=1)
    has(world, customer, "email", "toinen@example.fi")
    world.store.write_now(
        lambda c: customers.disable_address(
            c, kind="email", address="maija@example.fi", because="550", now=world.now
        )
    )
    world.tell("ready_for_pickup")
    channels = bells()
    told(world, channels)

    assert ["toinen@example.fi"] == [message.to for message in channels["email"].rung]


def test_of_two_addresses_that_come_late_one_is_written_to(world: World) -> None:
    world.add_order(email=None)
    world.tell("shipped")
    channels = bells()
    told(world, channels)
    world.add_contact("c9", email="maija@example.fi", phone=PHONE)
    world.run(update(BELIEF).values(contact_id="c9"))
    world.later(seconds=11)

    assert ("email", "sent", "") == told(world, channels)[0]
    world.later(seconds=11)
    told(world, channels)
    assert (1, 0) == (len(channels["email"].rung), len(channels["sms"].rung))


def test_progress_on_a_channel_that_rings_waits_for_the_morning_of_its_reader(
    world: World,
) -> None:
    world.add_order(phone=PHONE, country="SE")
    wish(world, channels={"*": ["sms"]})
    world.now = world.now.replace(hour=20, minute=30)  # 21:30 in Stockholm
    world.tell("delivered")
    world.tell("out_for_delivery", "parcel:p2")
    channels = bells()
    waiting = told(world, channels)

    quiet = "quiet hours 21:00-08:00 in Europe/Stockholm"
    assert [("sms", "due", quiet), ("sms", "sent", "")] == waiting
    assert world.now.replace(hour=7, minute=0) + timedelta(days=1) == world.notices()[0].not_before
    world.later(hours=10, minutes=30)
    assert ("sms", "sent", "") == told(world, channels)[0]


def test_a_letter_lies_in_the_box_at_night_unless_its_reader_asked_for_peace(world: World) -> None:
    world.add_order()
    world.now = world.now.replace(hour=21)
    world.tell("delivered")
    assert [("email", "sent", "")] == told(world, bells())

    wish(world, quiet="20:00-09:00", timezone="Europe/Helsinki")
    world.tell("delivered", "parcel:p2")
    quiet = "quiet hours 20:00-09:00 in Europe/Helsinki"
    assert ("email", "due", quiet) == told(world, bells())[-1]


def test_what_was_switched_off_overnight_is_not_told_in_the_morning(world: World) -> None:
    world.add_order()
    wish(world, quiet="20:00-09:00", timezone="Europe/Helsinki")
    world.now = world.now.replace(hour=21)
    world.tell("delivered")
    told(world, bells())
    wish(world, "c-o1", withdrawn(world, "*", "informative"))
    world.later(hours=11)

    off = "switched off by the customer: informative messages by email"
    assert [("email", "suppressed", off)] == told(world, bells())


def test_a_second_attempt_that_comes_at_night_waits_for_the_morning(world: World) -> None:
    from hub.notify.channels import DeliveryError
    from tests.hub.notify.bells import Busy

    world.add_order(phone=PHONE, country="SE")
    wish(world, channels={"*": ["sms"]})
    world.now = world.now.replace(hour=19, minute=59, second=50)  # 20:59:50 in Stockholm
    world.tell("delivered")
    channels = bells()
    channels["sms"] = Busy(channels["sms"], DeliveryError("429"))
    told(world, channels)
    world.later(minutes=3)
    channels["sms"].no = None

    quiet = "quiet hours 21:00-08:00 in Europe/Stockholm"
    assert [("sms", "due", quiet)] == told(world, channels)
    world.later(hours=11)
    assert [("sms", "sent", "")] == told(world, channels)
