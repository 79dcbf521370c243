"""What the carriers' feeds are known to do, and what it must mean here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from connectors.carriers import easypost, pakettikauppa
from connectors.contract import BadSignature, Raw, Unmapped, Unreadable
from connectors.reading import form
from connectors.signatures import sign_body_hex, sign_form_values
from state_machine.events import Event, ParcelScanned, ParcelSeen, ProblemReported, What
from state_machine.lifecycle import Stage
from state_machine.problems import Reason
from tests.connectors.cases import CASES

CALLBACK = next(case.raw for case in CASES if case.name == "pakettikauppa/ready-for-pickup")
VALUES = form(CALLBACK.body)
SECRET = "1234567890ABCDEF"

#: https://docs.easypost.com/docs/trackers, all 28
DETAILS = [
    "address_correction",
    "arrived_at_destination",
    "arrived_at_facility",
    "arrived_at_pickup_location",
    "awaiting_information",
    "cancelled",
    "damaged",
    "delayed",
    "delivery_exception",
    "departed_facility",
    "departed_origin_facility",
    "expired",
    "failure",
    "held",
    "in_transit",
    "label_created",
    "lost",
    "missorted",
    "out_for_delivery",
    "received_at_destination_facility",
    "received_at_origin_facility",
    "refused",
    "return",
    "status_update",
    "transferred_to_destination_carrier",
    "transit_exception",
    "unknown",
    "weather_delay",
]
STATUSES = [
    "unknown",
    "pre_transit",
    "in_transit",
    "out_for_delivery",
    "delivered",
    "available_for_pickup",
    "return_to_sender",
    "failure",
    "cancelled",
    "error",
]


def callback(values: dict[str, str], *, secret: str | None = SECRET, late: int = 0) -> Raw:
    unsigned = {name: value for name, value in values.items() if name != "hash"}
    if secret is not None:
        values = unsigned | {"hash": sign_form_values(secret, unsigned)}
    received = CALLBACK.received_at + timedelta(seconds=late)
    return replace(CALLBACK, body=urlencode(values).encode(), received_at=received)


def test_the_order_of_the_forms_parameters_does_not_matter() -> None:
    pakettikauppa.verify(callback(VALUES), SECRET)
    pakettikauppa.verify(callback(dict(reversed(VALUES.items())), secret=None), SECRET)


@pytest.mark.parametrize(
    "raw, complaint",
    [
        (callback(VALUES, secret="other"), "parameter hash does not match"),
        (callback(VALUES | {"tracking_code": "JJFI1"}, secret=None), "hash does not match"),
        (callback(VALUES | {"hash": ""}, secret=None), "parameter hash must be 64 hex digits"),
        (callback(VALUES | {"extra": "1"}), "unexpected parameter 'extra'"),
        (callback({n: v for n, v in VALUES.items() if n != "event"}), "missing parameter 'event'"),
        (callback(VALUES, late=301), "parameter timestamp is more than 300 s"),
        (callback(VALUES, late=-301), "parameter timestamp is more than 300 s"),
        (callback(VALUES | {"timestamp": "time()"}), "parameter timestamp must be Unix seconds"),
        (replace(CALLBACK, body=CALLBACK.body + b"&event=91"), "twice"),
        (replace(CALLBACK, body=b'{"event": 91}'), "send the callback as"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_callback_that_proves_nothing_is_refused(raw: Raw, complaint: str) -> None:
    with pytest.raises(BadSignature, match=complaint):
        pakettikauppa.verify(raw, SECRET)


def test_a_hash_over_the_values_in_their_own_order_is_refused() -> None:
    unsigned = {name: value for name, value in VALUES.items() if name != "hash"}
    by_value = sign_body_hex(SECRET, "&".join(sorted(unsigned.values())).encode())

    with pytest.raises(BadSignature, match="does not match"):
        pakettikauppa.verify(callback(unsigned | {"hash": by_value}, secret=None), SECRET)


def test_moving_a_boundary_between_values_moves_no_meaning() -> None:
    moved = VALUES | {"api_key": f"{VALUES['api_key']}&{VALUES['event']}", "event": "22"}

    with pytest.raises(BadSignature):
        pakettikauppa.verify(callback(moved, secret=None), SECRET)


@pytest.mark.parametrize("name, value", [("event", "22"), ("tracking_code", "JJFI9")])
def test_a_form_that_contradicts_its_object_is_unreadable(name: str, value: str) -> None:
    with pytest.raises(Unreadable, match=f"contradicts the parameter {name}"):
        list(pakettikauppa.parse(callback(VALUES | {name: value})))


def test_the_answer_is_what_stops_the_repeats() -> None:
    answer = pakettikauppa.ANSWER

    assert (200, "application/json") == (answer.status, answer.media_type)
    assert {"success": True} == orjson.loads(answer.body)


def test_all_thirteen_codes_of_pakettikauppa_are_taught() -> None:
    taught = pakettikauppa.STAGES.keys() | pakettikauppa.PROBLEMS.keys() | pakettikauppa.SEEN

    assert {13, 20, 22, 31, 38, 45, 48, 56, 68, 71, 77, 91, 99} == taught


def scan(status: str, detail: str | None, **tracker: Any) -> Any:
    message = {
        "object": "Tracker",
        "id": "trk_1",
        "tracking_code": "EZ1",
        "carrier": "UPS",
        "tracking_details": [
            {"status": status, "status_detail": detail, "datetime": "2026-11-03T08:00:00Z"}
        ],
        **tracker,
    }
    raw = Raw(orjson.dumps(message), {}, datetime(2026, 11, 3, tzinfo=UTC), "easypost")
    [finding] = easypost.parse(raw)
    return finding


def said(status: str, detail: str | None) -> What:
    finding = scan(status, detail)
    assert isinstance(finding, Event)
    return finding.what


def test_every_documented_pair_of_easypost_is_taught() -> None:
    pairs = [(status, detail) for status in STATUSES for detail in [*DETAILS, None]]

    assert [] == [pair for pair in pairs if not isinstance(scan(*pair), Event)]


@pytest.mark.parametrize(
    "status, detail, meaning",
    [
        ("pre_transit", "label_created", Stage.ANNOUNCED),
        ("in_transit", "received_at_origin_facility", Stage.HANDED_OVER),
        ("in_transit", "arrived_at_facility", Stage.IN_TRANSIT),
        ("in_transit", "arrived_at_pickup_location", Stage.IN_TRANSIT),  # the status decides
        ("in_transit", None, Stage.IN_TRANSIT),
        ("out_for_delivery", "out_for_delivery", Stage.OUT_FOR_DELIVERY),
        ("available_for_pickup", "held", Stage.READY_FOR_PICKUP),
        ("delivered", "arrived_at_destination", Stage.DELIVERED),
        ("delivered", "damaged", Stage.DELIVERED),
        ("return_to_sender", "return", Stage.RETURNING_TO_SENDER),
        ("in_transit", "return", Stage.RETURNING_TO_SENDER),
        ("failure", "lost", Stage.LOST),
        ("cancelled", "cancelled", Stage.CANCELLED),
        ("failure", "delivery_exception", Reason.ATTEMPT_FAILED),
        ("failure", "failure", Reason.UNKNOWN_PROBLEM),
        ("in_transit", "weather_delay", Reason.DELAYED),
        ("in_transit", "delayed", Reason.DELAYED),
        ("in_transit", "held", Reason.ACTION_REQUIRED),
        ("in_transit", "address_correction", Reason.ADDRESS_PROBLEM),
        ("in_transit", "missorted", Reason.MISSORTED),
        ("failure", "refused", Reason.REFUSED),
        ("unknown", "unknown", None),
        ("error", "expired", None),
        ("unknown", "damaged", Reason.DAMAGED),
    ],
)
def test_status_and_detail_mean(status: str, detail: str | None, meaning: Any) -> None:
    what = said(status, detail)

    assert isinstance(what, ParcelScanned | ParcelSeen | ProblemReported)
    assert meaning == getattr(what, "stage", getattr(what, "reason", None))


def test_midnight_promises_the_whole_day() -> None:
    for written, latest in (
        ("2026-11-05T00:00:00Z", "2026-11-05T23:59:59+00:00"),
        ("2026-11-05T15:30:00Z", "2026-11-05T15:30:00+00:00"),
    ):
        what = scan_promise(written)
        assert latest == what.isoformat()


def scan_promise(written: str) -> datetime:
    tracker = {"est_delivery_date": written, "updated_at": "2026-11-03T08:00:00Z"}
    finding = scan("", None, tracking_details=[], **tracker)
    assert isinstance(finding, Event)
    return finding.what.latest


def test_a_scan_without_a_time_is_set_aside_alone() -> None:
    finding = scan("", None, tracking_details=[{"status": "delivered", "datetime": None}])

    assert Unmapped("datetime=null", "", "EZ1") == finding
