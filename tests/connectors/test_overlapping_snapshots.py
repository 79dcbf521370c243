"""Vendors repeat themselves: what two messages have in common is one fact, word for word."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson

from connectors.contract import Raw
from state_machine.events import Event, Ordered
from tests.connectors.cases import CASES, parse

#: What may differ between two tellings of one fact, because the vendor keeps no time of it or tells
#: more later. The first telling holds. Everything else in this file must be equal to the letter.
FIRST_HOLDS = (
    ("woocommerce", ":trashed"),  # occurred_at: the order was modified again
    ("woocommerce", ":cancelled"),
    ("woocommerce", ":refunded"),
    ("woocommerce", ":refund:"),
    ("woocommerce", ":deleted"),  # occurred_at: the time of arrival
    ("woocommerce", ":parcel:"),  # occurred_at: a shipment without a date
    ("woocommerce", ":paid"),  # occurred_at: a payment that was assumed, then dated
    ("shopify", ":promise:"),  # occurred_at: a later event repeats the promise
    ("easypost", ":promise:"),
)


def event(connector: str, message: Any, **headers: str) -> list[Event]:
    raw = Raw(orjson.dumps(message), headers, datetime(2026, 11, 3, tzinfo=UTC), "s")
    return [one for one in parse(connector, raw) if isinstance(one, Event)]


def body(name: str) -> Any:
    return next(orjson.loads(case.raw.body) for case in CASES if case.name == name)


def told_twice(tellings: Iterable[list[Event]]) -> dict[str, set[Event]]:
    told: dict[str, set[Event]] = defaultdict(set)
    times: dict[str, int] = defaultdict(int)
    for telling in tellings:
        assert len({fact.id for fact in telling}) == len(telling)
        for fact in telling:
            told[fact.id].add(settled(fact))
            times[fact.id] += 1
    return {fact: ways for fact, ways in told.items() if times[fact] > 1}


def settled(fact: Event) -> Event:
    """Ordered holds the latest statement of the lines, so its time is that of the statement."""
    return replace(fact, occurred_at=datetime.min.replace(tzinfo=UTC)) if latest(fact) else fact


def latest(fact: Event) -> bool:
    return isinstance(fact.what, Ordered)


def differing(repeated: dict[str, set[Event]], connector: str) -> list[str]:
    allowed = [part for name, part in FIRST_HOLDS if name == connector]
    return [
        fact
        for fact, ways in repeated.items()
        if len(ways) > 1 and not any(part in fact for part in allowed)
    ]


def test_what_an_order_repeats_of_its_fulfilments_and_refunds_is_the_same_fact() -> None:
    order = body("shopify/order-with-cancelled-fulfilment-and-refund")
    later = order | {"updated_at": "2026-11-09T12:00:00+02:00", "tags": "vip"}
    alone = [*order["fulfillments"], *order["refunds"]]

    repeated = told_twice(event("shopify", message) for message in (order, later, *alone))

    assert 6 == len(repeated)
    assert [] == differing(repeated, "shopify")


def test_a_second_tracking_number_leaves_the_first_parcel_as_it_was() -> None:
    two = body("shopify/fulfilment-in-two-parcels")
    one = two | {"tracking_numbers": two["tracking_numbers"][:1]}

    repeated = told_twice(event("shopify", message) for message in (one, two))

    assert ["shopify:fulfillment:5200001:parcel:1:JJFI64000000000000001"] == [*repeated]
    assert [] == differing(repeated, "shopify")


def test_a_fulfilment_that_was_asked_for_and_then_sent_is_told_as_two_facts() -> None:
    sent = body("shopify/fulfilment-in-two-parcels")
    tellings = [event("shopify", sent | {"status": s}) for s in ("pending", "open", "success")]

    assert {} == told_twice(tellings)
    assert [[False] * 2, [False] * 2, [True] * 2] == [
        [fact.what.trusted for fact in telling] for telling in tellings
    ]


def test_a_promise_repeated_by_another_event_is_one_promise() -> None:
    first = body("shopify/event-out-for-delivery-with-promise")
    second = first | {"id": 4400009, "happened_at": "2026-11-04T09:00:00+02:00"}

    repeated = told_twice(event("shopify", message) for message in (first, second))

    assert ["shopify:fulfillment:5200001:promise:2026-11-04T14:00:00+00:00"] == [*repeated]


def woocommerce_life() -> Iterable[dict[str, Any]]:
    order = body("woocommerce/order-completed-with-tracking-and-refund")
    fresh = order | {"date_completed_gmt": None, "refunds": [], "meta_data": []}
    yield fresh | {"status": "on-hold", "date_paid_gmt": None}
    yield fresh | {"status": "processing", "date_paid_gmt": None}
    yield fresh | {"status": "processing"}
    yield order | {"status": "processing", "date_completed_gmt": None}
    yield order
    yield order | {"refunds": []}
    for status in ("refunded", "cancelled", "trash", "failed", "pakattu", "pending"):
        yield order | {"status": status}


def test_an_order_in_all_its_lives_tells_each_thing_once() -> None:
    moments = (f"2026-11-{day:02}T10:00:00" for day in range(1, 25))
    lives = [
        life | {"date_modified_gmt": next(moments)} for life in woocommerce_life() for _ in "ab"
    ]

    repeated = told_twice(event("woocommerce", life) for life in lives)

    assert {":all", ":cancelled", ":paid", ":trashed"} <= {
        f":{one.split(':')[-1]}" for one in repeated
    }
    assert [] == differing(repeated, "woocommerce")


def test_a_history_that_grows_repeats_its_scans_word_for_word() -> None:
    tracker = body("easypost/tracker-with-a-weather-delay")["result"]
    scans = tracker["tracking_details"]
    grown = [
        tracker | {"tracking_details": scans[:many], "updated_at": f"2026-11-0{many + 1}T00:00:00Z"}
        for many in range(1, len(scans) + 1)
    ]
    tellings = [event("easypost", message) for message in grown]

    repeated = told_twice(tellings)

    assert 3 == len(repeated)  # two scans, one promise; the last scan is told once
    assert [] == differing(repeated, "easypost")
    for before, after in pairwise(tellings):
        assert {fact.id for fact in before} < {fact.id for fact in after}


def test_a_scan_pushed_and_polled_is_one_fact() -> None:
    pushed = next(case.raw for case in CASES if case.name == "pakettikauppa/ready-for-pickup")
    scan = {
        "tracking_code": "JJFI64000000000000001",
        "status_code": "91",
        "event_timestamp": "2026-11-03 09:30:00",
        "postcode": "33100",
        "post_office": "HÄMEENLINNA",
    }

    assert parse("pakettikauppa", pushed) == event("pakettikauppa", [scan])
