"""What a store system is told: enough to act on, and nothing about the person."""

import json

from hub.notify.payload import payload
from tests.hub.notify.test_render import FULL, news


def test_a_store_system_learns_what_happened_and_how_new_that_is() -> None:
    told = json.loads(payload(news("ready_for_pickup", **FULL)))

    assert ("order.ready_for_pickup", "2026-11-23T09:00:00Z") == (told["type"], told["timestamp"])
    expected = {
        "order_id": "o1",
        "shop": "villa",
        "number": "#1001",
        "version": 3,
        "status": "in_transit",
        "milestone": "ready_for_pickup",
        "subject": "parcel:p1",
        "revision": "",
    }
    assert expected.items() <= told["data"].items()
    assert "JJFI6500001" == told["data"]["parcel"]["tracking_number"]
    assert {"return", "refund", "promise", "corrects"} <= told["data"].keys()


def test_the_code_that_opens_the_locker_stays_with_the_customer() -> None:
    told = payload(news("ready_for_pickup", **FULL))

    assert b"4711" not in told
    assert b"pickup_code" not in told


def test_what_is_not_there_is_left_out() -> None:
    told = json.loads(payload(news("order_placed", "order", corrects=None)))

    assert not {"parcel", "return", "refund", "promise", "corrects"} & told["data"].keys()
