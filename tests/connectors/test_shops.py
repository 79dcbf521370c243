"""What the shop platforms are known to do, and what it must mean here."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connectors.contract import Answer, Contact, Finding, Raw, Unmapped, Unreadable
from connectors.shops import shopify, woocommerce
from state_machine.events import (
    Event,
    OrderCancelled,
    Ordered,
    ParcelAnnounced,
    PaymentReceived,
    UnitsCancelled,
)
from tests.connectors.cases import CASES, SHARED


def body(name: str) -> dict[str, Any]:
    return next(orjson.loads(case.raw.body) for case in CASES if case.name == name)


def raw(message: Any, **headers: str) -> Raw:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Raw(orjson.dumps(message), names, datetime(2026, 11, 3, tzinfo=UTC), "metsapolku")


def facts(findings: list[Finding], kind: type) -> list[Event]:
    return [one for one in findings if isinstance(one, Event) and isinstance(one.what, kind)]


def shop(message: Any, **headers: str) -> list[Finding]:
    return list(shopify.parse(raw(message, **headers)))


def woo(message: Any, **headers: str) -> list[Finding]:
    return list(woocommerce.parse(raw(message, **headers)))


SHOPIFY_ORDER = body("shopify/order-with-a-gift-card")
FULFILMENT = body("shopify/fulfilment-in-two-parcels")
WOO_ORDER = body("woocommerce/order-of-a-guest")


@pytest.mark.parametrize("header", ["x_shopify_topic", "shopify_topic"])
def test_the_topic_is_read_under_both_names_and_must_fit_the_content(header: str) -> None:
    assert shop(FULFILMENT) == shop(FULFILMENT, **{header: "fulfillments/update"})
    assert [Unmapped("topic=app/uninstalled", "no such topic is taught yet")] == shop(
        FULFILMENT, **{header: "app/uninstalled"}
    )
    [unprintable] = shop(FULFILMENT, **{header: "a\0b\udcff" + "c" * 500})
    assert f"topic=a?b?{'c' * 96}" == unprintable.code
    with pytest.raises(Unreadable, match="the topic says refunds/create, the content is fulfil"):
        shop(FULFILMENT, **{header: "refunds/create"})
    with pytest.raises(Unreadable, match="the content is unknown"):
        shop({"id": 1}, **{header: "orders/create"})


def test_what_never_travels_is_no_line_unless_nothing_does() -> None:
    [travels] = facts(shop(SHOPIFY_ORDER), Ordered)
    cards = [SHOPIFY_ORDER["line_items"][1]]
    [digital] = facts(shop(SHOPIFY_ORDER | {"line_items": cards}), Ordered)

    assert ["14001", "14003"] == [line.id for line in travels.what.lines]
    assert ["14002"] == [line.id for line in digital.what.lines]


@pytest.mark.parametrize("status", sorted(shopify.PAID))
def test_paid_is_paid_also_when_money_went_back(status: str) -> None:
    [paid] = facts(shop(SHOPIFY_ORDER | {"financial_status": status}), PaymentReceived)

    assert datetime(2026, 11, 2, 8, 14, 58, tzinfo=UTC) == paid.occurred_at


@pytest.mark.parametrize("status", [*sorted(shopify.NOT_PAID), None])
def test_not_paid_says_nothing(status: str | None) -> None:
    findings = shop(SHOPIFY_ORDER | {"financial_status": status})

    assert [] == facts(findings, PaymentReceived)
    assert [] == [one for one in findings if isinstance(one, Unmapped)]


def test_ids_beyond_53_bits_stay_exact_and_beyond_64_are_refused() -> None:
    path = SHARED / "shopify" / "webhook-orders-paid-test-notification.json"
    if not path.exists():
        pytest.skip(f"the captured notification is not at {path}")
    [ordered] = facts(list(shopify.parse(replace(raw({}), body=path.read_bytes()))), Ordered)

    assert orjson.loads(path.read_bytes())["id"] == int(ordered.about.external_id)
    big = orjson.dumps(SHOPIFY_ORDER).replace(b'"id":6104400001', b'"id":1' + b"0" * 25)
    with pytest.raises(Unreadable, match=r"^/id: is a number too large"):
        list(shopify.parse(replace(raw({}), body=big)))


@pytest.mark.parametrize(
    "kind, fulfilled, told",
    [
        ("cancel", None, "cancelled"),
        ("return", "fulfilled", "returned"),
        ("no_restock", None, None),
        (None, None, None),
        ("legacy_restock", "fulfilled", "returned"),
        ("legacy_restock", None, "cancelled"),
    ],
)
def test_a_refunded_line_was_cancelled_or_returned_or_neither(kind, fulfilled, told) -> None:
    line = {"line_item_id": 1, "quantity": 1, "restock_type": kind}
    line |= {"line_item": {"fulfillment_status": fulfilled}}
    refund = {"id": 9, "order_id": 1, "created_at": "2026-11-03T10:00:00Z"}

    findings = shop(refund | {"refund_line_items": [line], "transactions": []})

    assert [f"shopify:refund:9:{told}"] * (told is not None) == [one.id for one in findings]


def test_a_legacy_restock_of_a_partly_sent_line_is_not_guessed() -> None:
    line = {"line_item_id": 1, "quantity": 1, "restock_type": "legacy_restock"}
    line |= {"line_item": {"fulfillment_status": "partial"}}
    refund = {"id": 9, "order_id": 1, "created_at": "2026-11-03T10:00:00Z"}

    [finding] = shop(refund | {"refund_line_items": [line]})

    assert Unmapped("restock_type=legacy_restock", about="9") == finding


def test_an_order_edit_takes_units_away_without_money() -> None:
    order = body("shopify/order-with-cancelled-fulfilment-and-refund")
    order["refunds"][0]["transactions"] = []

    assert 1 == len(facts(shop(order), UnitsCancelled))
    assert [] == [one for one in shop(order) if getattr(one, "id", "") == "shopify:refund:880001"]


def test_a_fulfilment_of_a_status_that_nobody_knows_sends_no_parcel() -> None:
    assert [Unmapped("fulfillment.status=on_the_moon", about="5200001")] == shop(
        FULFILMENT | {"status": "on_the_moon"}
    )


@pytest.mark.parametrize(
    "message, headers, answer",
    [
        (b"webhook_id=14", {}, Answer()),
        (b"webhook_id=14", {"content-type": "application/x-www-form-urlencoded"}, Answer()),
        (b"webhook_id=14", {"content-type": "application/json"}, None),
        (b"webhook_id=14&x=1", {}, None),
        (b"webhook_id=14\n", {}, None),
        (b"webhook_id=", {}, None),
        (b'{"id": 1}', {}, None),
    ],
)
def test_only_the_ping_of_a_new_webhook_is_greeted(message, headers, answer) -> None:
    assert answer == woocommerce.hello(replace(raw({}), body=message, headers=headers))


def test_a_guest_has_no_number_and_an_empty_field_is_nothing() -> None:
    empty = dict.fromkeys(WOO_ORDER["billing"], "")
    [contact] = [one for one in woo(WOO_ORDER | {"billing": empty}) if isinstance(one, Contact)]

    assert (None,) * 5 == (
        contact.customer,
        contact.email,
        contact.phone,
        contact.name,
        contact.country,
    )


@pytest.mark.parametrize(
    "status, kinds",
    [
        ("pending", ""),
        ("checkout-draft", ""),
        ("processing", "order.paid"),
        ("on-hold", "order.held"),
        ("failed", "order.held"),
        ("cancelled", "order.cancelled"),
        ("trash", "order.cancelled"),
        ("refunded", "order.cancelled order.refunded"),
        ("completed", "order.paid parcel.announced"),
    ],
)
def test_a_status_of_woocommerce_means(status: str, kinds: str) -> None:
    findings = woo(WOO_ORDER | {"status": status, "date_paid_gmt": None})

    told = [one.what.kind for one in findings if isinstance(one, Event)]
    assert ["order.placed", *kinds.split()] == told
    assert [] == [one for one in findings if isinstance(one, Unmapped)]


def test_a_corrected_number_corrects_the_parcel() -> None:
    tracked = body("woocommerce/order-completed-with-tracking-and-refund")
    [before] = facts(woo(tracked), ParcelAnnounced)
    tracked["meta_data"][-1]["value"][0]["tracking_number"] = "MH999"
    [after] = facts(woo(tracked), ParcelAnnounced)

    assert before.what.parcel.id == after.what.parcel.id
    assert before.id != after.id


def test_a_deletion_needs_its_topic() -> None:
    assert [OrderCancelled(reason="deleted")] == [
        one.what for one in woo({"id": 727}, x_wc_webhook_topic="order.deleted")
    ]
    [unknown] = woo({"id": 727})
    assert isinstance(unknown, Unmapped)
    for topic in ("order.updated", "order.created"):
        with pytest.raises(Unreadable, match="is no order"):
            woo({"id": 727}, x_wc_webhook_topic=topic)
    with pytest.raises(Unreadable, match="holds an id and nothing else"):
        woo(WOO_ORDER, x_wc_webhook_topic="order.deleted")
