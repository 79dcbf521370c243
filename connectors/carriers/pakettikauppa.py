"""Pakettikauppa: scans of Posti, Matkahuolto, DB Schenker and GLS, pushed as a signed form.

Source: https://github.com/Pakettikauppa/api-documentation, README, "Callback" and "Shipment status
codes" (the codes of Posti's IFTSTA). The signature covers the values but neither their names nor
their boundaries, so exactly the documented parameters are accepted, each once. Times are Finnish
local time without offset.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from connectors.contract import Answer, BadSignature, Finding, Raw, Unmapped, Unreadable
from connectors.reading import Json, form, read
from connectors.signatures import check_timestamp, verify_form_values
from connectors.timestamps import Moment, local
from state_machine.events import (
    Event,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
    ParcelSeen,
    PickupPoint,
    ProblemReported,
    What,
)
from state_machine.lifecycle import Stage
from state_machine.problems import Blame, Reason

TITLE: Final = "Pakettikauppa"
ANSWER: Final = Answer(200, b'{"success": true}', "application/json")
COVERS: Final = frozenset({"posti", "matkahuolto", "db schenker", "gls"})

PARAMETERS = frozenset({"api_key", "tracking_code", "timestamp", "event", "object", "hash"})
HELSINKI = ZoneInfo("Europe/Helsinki")

#: status code -> stage, in the order in which a parcel meets them; the vendor's words beside them
STAGES: Mapping[int, Stage] = {
    68: Stage.ANNOUNCED,  # "EDI-tiedot vastaanotettu lähettäjältä"
    13: Stage.HANDED_OVER,  # "noudettu lähettäjältä"
    31: Stage.IN_TRANSIT,  # "kuljetuksessa"
    48: Stage.IN_TRANSIT,  # "lastattu runkokuljetukseen"
    99: Stage.IN_TRANSIT,  # "lähdössä ulkomaille"
    # "lastattu jakelukuljetukseen", in the vendor's own shop modules "Jakelussa"; the English text
    # ("ready for delivery transportation") is the weaker translation
    71: Stage.OUT_FOR_DELIVERY,
    91: Stage.READY_FOR_PICKUP,  # "saapunut postitoimipaikkaan"
    # "lähetetty saapumisilmoitus": the notice of arrival goes out when the parcel can be fetched
    45: Stage.READY_FOR_PICKUP,
    22: Stage.DELIVERED,  # "luovutettu vastaanottajalle"
    77: Stage.RETURNING_TO_SENDER,  # "palautuu lähettäjälle"
}
PROBLEMS: Mapping[int, tuple[Reason, Blame | None]] = {
    20: (Reason.UNKNOWN_PROBLEM, Blame.CARRIER),  # "poikkeama", no word on which
    56: (Reason.ATTEMPT_FAILED, None),  # "ei ole toimitettu, luovutusyritys on tehty"
}
SEEN = frozenset({38})  #: cash on delivery was paid out to the shop: about money, not progress


def verify(raw: Raw, secret: str) -> None:
    """Check the form's ``hash``, and that its ``timestamp`` is not a replay."""
    try:
        values = form(raw.body)
    except Unreadable as problem:
        raise BadSignature(
            f"{problem}: send the callback as application/x-www-form-urlencoded"
        ) from None
    for name in sorted(PARAMETERS ^ values.keys()):
        state = "missing" if name in PARAMETERS else "unexpected"
        raise BadSignature(f"{state} parameter {name[:40]!r}: the signature does not cover names")
    verify_form_values(values, secret, field="hash")
    check_timestamp(raw, values["timestamp"], place="parameter timestamp")


def parse(raw: Raw) -> Iterator[Finding]:
    """Translate one callback, or what ``/shipment/status`` answers (a JSON list of the same)."""
    if raw.body.lstrip()[:1] in {b"[", b"{"}:
        answer = read(raw.body)
        for scan in answer if isinstance(answer.value, list) else [answer]:
            yield _scan(scan)
        return
    values = form(raw.body)
    for name in sorted(PARAMETERS - values.keys()):
        raise Unreadable(f"/{name}: is missing")
    scan = Json(read(values["object"].encode("utf-8", "surrogatepass")).value, "/object")
    yield _agreeing(scan, values)


def _agreeing(scan: Json, values: Mapping[str, str]) -> Finding:
    """Translate the scan if the form around it says the same."""
    for outside, inside in (("event", "status_code"), ("tracking_code", "tracking_code")):
        if values[outside].strip() != scan[inside].id():
            raise Unreadable(f"/object/{inside}: contradicts the parameter {outside}")
    return _scan(scan)


def _scan(scan: Json) -> Finding:
    number = scan["tracking_code"].tracking_number(least=1)
    if number is None:
        raise scan["tracking_code"].wrong("must be a tracking number")
    code, stamp = scan["status_code"].id().lstrip("0"), scan["event_timestamp"].text(40)
    at, clarity = scan["event_timestamp"].moment(_finnish)
    what = _what(scan, code, ParcelRef(number=number))
    if what is None:
        return Unmapped(f"status_code={code}", scan["post_office"].text() or "", about=number)
    return Event(
        id=f"pakettikauppa:{number}:{code}:{stamp}",
        occurred_at=at,
        about=ParcelKey(number),
        what=what,
        clarity=clarity,
    )


def _finnish(text: str) -> Moment:
    return local(text.strip(), HELSINKI)


def _what(scan: Json, code: str, parcel: ParcelRef) -> What | None:
    known = int(code) if code.isascii() and code.isdigit() else -1
    office = scan["post_office"].text()
    if known in STAGES:
        stage, point = STAGES[known], None
        if stage is Stage.READY_FOR_PICKUP and office:
            # The office's name is all there is of an address; said twice it would not say more.
            point = PickupPoint(name=" ".join(filter(None, (scan["postcode"].text(), office))))
        return ParcelScanned(parcel=parcel, stage=stage, place=office, pickup_point=point)
    if known in PROBLEMS:
        reason, blame = PROBLEMS[known]
        return ProblemReported(parcel=parcel, reason=reason, blame=blame)
    return ParcelSeen(parcel=parcel) if known in SEEN else None
