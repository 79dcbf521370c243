"""Where a parcel can be found: its pickup point on a map, its page at the carrier, its carrier."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from hub.notify import opening
from hub.notify.news import News

MAP = "https://www.openstreetmap.org/"


def place(point: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Say what is known of a pickup point; what is not is None."""
    return {
        "name": point["name"],
        "address": point.get("address") or None,
        "opening_hours": opening.written(point.get("opening_hours") or "", language) or None,
        "map": map_link(point),
    }


def map_link(point: Mapping[str, Any]) -> str | None:
    """Return a map that shows the place: by its coordinates, else by its address."""
    latitude, longitude = point.get("latitude"), point.get("longitude")
    if latitude is not None and longitude is not None:
        return f"{MAP}?mlat={latitude:.4f}&mlon={longitude:.4f}"
    address = point.get("address")
    return f"{MAP}search?query={quote(address)}" if address else None


def company(code: str | None) -> str | None:
    """Write a carrier's code as people write its name: short words are initials."""
    if not code or not code.islower():
        return code
    words = code.replace("_", " ").replace("-", " ").split()
    return " ".join(word.upper() if len(word) <= 3 else word.capitalize() for word in words)


def tracking_link(news: News) -> str | None:
    """Return the carrier's page about the parcel, if there is one."""
    return safe_link((news.part("parcel") or {}).get("tracking_url") or "")


def also(news: News) -> list[dict[str, Any]]:
    """Return the other parcels a merged letter tells of."""
    return [
        {
            "carrier": company(one.get("carrier")),
            "tracking_number": one.get("tracking_number"),
            "link": safe_link(one.get("tracking_url") or ""),
        }
        for one in news.change.get("also") or ()
    ]


def safe_link(url: str) -> str | None:
    """Return a link if it is a web address and nothing else."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    safe = parts.scheme in {"http", "https"} and host and "@" not in parts.netloc and " " not in url
    return url if safe else None
