"""EasyPost's tracker events of the example day: every message repeats all scans so far.

Source: https://docs.easypost.com/docs/trackers and /docs/events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.demo.message import Message, Said, as_json


@dataclass(frozen=True, slots=True)
class Scan:
    """One row of a tracker's history."""

    at: datetime
    status: str
    detail: str
    words: str
    city: str | None = None


def tracker(number: str, carrier: str, scans: Sequence[Scan], *, promised: datetime) -> Said:
    """Say where a parcel is, and by the end of which day (UTC) it is promised."""

    def say(at: datetime) -> Message:
        now = scans[-1]
        own = f"trk_{number.lower()}"
        result = {
            "id": own,
            "object": "Tracker",
            "mode": "production",
            "tracking_code": number,
            "status": now.status,
            "status_detail": now.detail,
            "signed_by": None,
            "created_at": _time(scans[0].at),
            "updated_at": _time(at),
            "est_delivery_date": f"{promised.astimezone(UTC).date().isoformat()}T00:00:00Z",
            "shipment_id": None,
            "carrier": carrier,
            "tracking_details": [_detail(one, carrier) for one in scans],
            "finalized": False,
            "is_return": False,
            "public_url": f"https://seuranta.example/{number}",
        }
        event = {
            "id": f"evt_{number.lower()}_{len(scans)}",
            "object": "Event",
            "description": "tracker.updated",
            "mode": "production",
            "previous_attributes": {},
            "created_at": _time(at),
            "updated_at": _time(at),
            "status": "pending",
            "pending_urls": [],
            "completed_urls": [],
            "result": result,
        }
        return Message("easypost", "easypost", as_json(event))

    return say


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _detail(one: Scan, carrier: str) -> dict[str, Any]:
    return {
        "object": "TrackingDetail",
        "message": one.words,
        "description": one.words,
        "status": one.status,
        "status_detail": one.detail,
        "datetime": _time(one.at),
        "source": carrier,
        "carrier_code": "",
        "tracking_location": {
            "object": "TrackingLocation",
            "city": one.city,
            "state": None,
            "country": "FI" if one.city else None,
            "zip": None,
        },
    }
