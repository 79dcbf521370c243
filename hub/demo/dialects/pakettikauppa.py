"""Pakettikauppa's callbacks of the example day: one scan of one parcel, in Finnish local time.

Source: https://github.com/Pakettikauppa/api-documentation, README, "Callback".
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.demo.message import Message, Said, as_json

HELSINKI = ZoneInfo("Europe/Helsinki")
API_KEY = "00000000-0000-4000-8000-00000000demo"

ANNOUNCED, COLLECTED, MOVING, ON_VAN = 68, 13, 31, 71
ATTEMPTED, AT_PICKUP_POINT, HANDED_OUT, GOING_BACK = 56, 91, 22, 77


def scan(number: str, code: int, place: tuple[str, str]) -> Said:
    """Say that a parcel was seen; ``place`` is postal code and town."""

    def say(at: datetime) -> Message:
        postcode, town = place
        seen = {
            "message_created": _local(at),
            "reference": "",
            "tracking_code": number,
            "measured_weight": "0",
            "measured_volume": "0",
            "status_code": str(code),
            "receiver_name": "",
            "event_timestamp": _local(at),
            "postcode": postcode,
            "post_office": town,
        }
        fields = {
            "api_key": API_KEY,
            "tracking_code": number,
            "event": str(code),
            "object": as_json(seen).decode(),
        }
        return Message("pakettikauppa", "pakettikauppa", as_json(fields))

    return say


def fact_id(number: str, code: int, at: datetime) -> str:
    """Return the name of a scan on an order's timeline, as a person reads it there."""
    return f"pakettikauppa:{number}:{code}:{_local(at)}"


def _local(at: datetime) -> str:
    return at.astimezone(HELSINKI).strftime("%Y-%m-%d %H:%M:%S")
