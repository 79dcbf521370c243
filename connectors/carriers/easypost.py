"""EasyPost: scans of whatever carriers a shop registers there, as whole histories.

Source: https://docs.easypost.com/docs/trackers (10 statuses, 28 details) and ``validate_webhook``
of the official clients. Every message repeats all scans of a tracker; equal scans give equal facts.
``status`` decides the stage; the vendor warns not to derive it from ``status_detail``, which only
refines it: a hand-over, a problem.

Trackers of ``mode: test`` are translated like any other: their numbers (``EZ…``) belong to no real
order, so they stay parked. Not the same twice (the first statement holds): the time of a promise,
and ``signed_by``, which may become known after the delivery.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from connectors.contract import Finding, Raw, Unmapped, Unreadable
from connectors.reading import Json, read
from connectors.signatures import verify_body_hex
from connectors.timestamps import Moment, end_of_day, with_doubtful_z
from state_machine.events import (
    Event,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
    ParcelSeen,
    ProblemReported,
    PromiseMade,
    What,
)
from state_machine.lifecycle import How, Stage
from state_machine.problems import Blame, Reason

TITLE: Final = "EasyPost"
COVERS: Final[frozenset[str]] = frozenset()  # it covers what was registered there, not a carrier

STAGES: Mapping[str, Stage] = {
    "pre_transit": Stage.ANNOUNCED,
    "in_transit": Stage.IN_TRANSIT,
    "out_for_delivery": Stage.OUT_FOR_DELIVERY,
    "available_for_pickup": Stage.READY_FOR_PICKUP,
    "delivered": Stage.DELIVERED,
    "return_to_sender": Stage.RETURNING_TO_SENDER,
    "cancelled": Stage.CANCELLED,
}
#: statuses that a detail does not refine: they say what the parcel has come to
SETTLED = frozenset({"available_for_pickup", "delivered", "return_to_sender", "cancelled"})
FAILED = "failure"
SEEN = frozenset({"unknown", "error"})  #: a sign of life, nothing more

#: details that add nothing to the status
PLAIN = frozenset(
    {
        "arrived_at_destination",
        "arrived_at_facility",
        "arrived_at_pickup_location",
        "departed_facility",
        "departed_origin_facility",
        "expired",
        "failure",
        "in_transit",
        "label_created",
        "out_for_delivery",
        "received_at_destination_facility",
        "received_at_origin_facility",
        "status_update",
        "transferred_to_destination_carrier",
        "unknown",
    }
)
#: details that say more than the status
MOVES: Mapping[str, Stage] = {
    "cancelled": Stage.CANCELLED,
    "lost": Stage.LOST,
    "return": Stage.RETURNING_TO_SENDER,
}
PROBLEMS: Mapping[str, tuple[Reason, Blame | None]] = {
    "address_correction": (Reason.ADDRESS_PROBLEM, None),
    "awaiting_information": (Reason.ACTION_REQUIRED, None),
    "damaged": (Reason.DAMAGED, None),
    "delayed": (Reason.DELAYED, None),
    "delivery_exception": (Reason.ATTEMPT_FAILED, None),
    "held": (Reason.ACTION_REQUIRED, Blame.UNKNOWN),
    "missorted": (Reason.MISSORTED, None),
    "refused": (Reason.REFUSED, None),
    "transit_exception": (Reason.CARRIER_PROBLEM, None),
    "weather_delay": (Reason.DELAYED, Blame.WEATHER),
}


def verify(raw: Raw, secret: str) -> None:
    """Check ``X-Hmac-Signature``; the key is the secret in Unicode form NFKD, as the clients do."""
    key = unicodedata.normalize("NFKD", secret)
    verify_body_hex(raw, key, "X-Hmac-Signature", prefix="hmac-sha256-hex=")


def parse(raw: Raw) -> Iterator[Finding]:
    """Translate one event, or a tracker as the API answers it; other events tell us nothing."""
    message = read(raw.body)
    kind = message["object"].code()
    if kind == "Tracker":
        yield from _tracker(message)
        return
    if kind != "Event":
        raise message["object"].wrong("must be Event or Tracker")
    description = message["description"].code() or ""
    if not description.startswith("tracker."):
        return  # batch.*, refund.*, … are documented and speak of no parcel on its way
    if not message["result"]:
        own = message["id"].id()
        raise Unreadable(f"/result: event {own} came without: retrieve the tracker and release")
    if message["result"]["object"].code() != "Tracker":
        raise message["result"]["object"].wrong("must be Tracker")
    yield from _tracker(message["result"])


def _tracker(tracker: Json) -> Iterator[Finding]:
    number = tracker["tracking_code"].tracking_number(least=1)
    if number is None:
        raise tracker["tracking_code"].wrong("must be a tracking number")
    carrier = (tracker["carrier"].code() or "").lower() or None
    about = ParcelKey(number, carrier)
    parcel = ParcelRef(number=number, carrier=carrier)
    own = tracker["id"].id() if tracker["id"] else f"{carrier or '-'}:{number}"
    for detail in tracker["tracking_details"]:
        yield _scan(detail, tracker, about, f"easypost:{own}")
    promised = tracker["est_delivery_date"]
    if promised.value not in (None, ""):
        latest, clarity = promised.moment(_by_then)
        yield Event(
            id=f"easypost:{own}:promise:{latest.isoformat()}",
            occurred_at=tracker["updated_at"].moment(with_doubtful_z).at,
            about=about,
            what=PromiseMade(latest=latest, parcel=parcel),
            clarity=clarity,
        )


def _by_then(text: str) -> Moment:
    """Read a promised time; midnight is how EasyPost writes a day, which lasts until its end."""
    at, clarity = with_doubtful_z(text)
    midnight = (at.hour, at.minute, at.second) == (0, 0, 0)
    return end_of_day(at.date().isoformat()) if midnight else Moment(at, clarity)


def _scan(detail: Json, tracker: Json, about: ParcelKey, prefix: str) -> Finding:
    status, more = detail["status"].code() or "", detail["status_detail"].code()
    message = detail["message"].text() or ""
    if detail["datetime"].value in (None, ""):
        return Unmapped("datetime=null", detail=message, about=about.number)
    if status not in STAGES.keys() | SEEN | {FAILED}:
        return Unmapped(f"status={status}", detail=message, about=about.number)
    if more and more not in PLAIN | MOVES.keys() | PROBLEMS.keys():
        return Unmapped(f"status_detail={more}", detail=message, about=about.number)
    at, clarity = detail["datetime"].moment(with_doubtful_z)
    text = "|".join((at.isoformat(), status, more or "", message))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Event(
        id=f"{prefix}:{digest}",
        occurred_at=at,
        about=about,
        what=_what(
            (status, more or ""),
            ParcelRef(number=about.number, carrier=about.carrier),
            place=detail["tracking_location"]["city"].text(),
            signed=tracker["signed_by"].text() is not None,
        ),
        clarity=clarity,
    )


def _what(code: tuple[str, str], parcel: ParcelRef, *, place: str | None, signed: bool) -> What:
    status, more = code
    if status not in SETTLED and more in PROBLEMS:
        reason, blame = PROBLEMS[more]
        return ProblemReported(parcel=parcel, reason=reason, blame=blame)
    if status not in SETTLED and more in MOVES:
        return ParcelScanned(parcel=parcel, stage=MOVES[more], place=place)
    if status in SEEN:
        return ParcelSeen(parcel=parcel)
    if status == FAILED:
        reason = Reason.UNKNOWN_PROBLEM
        return ProblemReported(parcel=parcel, reason=reason, blame=Blame.CARRIER)
    stage = STAGES[status]
    if code == ("in_transit", "received_at_origin_facility"):
        stage = Stage.HANDED_OVER
    how = How.SIGNED if signed and stage is Stage.DELIVERED else None
    return ParcelScanned(parcel=parcel, stage=stage, how=how, place=place)
