"""A fact as text: how it is written into the timeline, the parking and the log, and read back."""

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

import orjson
from pydantic import TypeAdapter

from state_machine.events import Clarity, Event, OrderKey, ParcelKey, StockKey, What

_WHATS: Mapping[str, TypeAdapter[What]] = {
    kind.__dataclass_fields__["kind"].default: TypeAdapter(kind) for kind in get_args(What)
}
_KEYS: Mapping[str, type[OrderKey] | type[ParcelKey] | type[StockKey]] = {
    "order": OrderKey,
    "parcel": ParcelKey,
    "stock": StockKey,
}


def encode(event: Event) -> str:
    """Write a fact as JSON text."""
    return orjson.dumps(event, option=orjson.OPT_UTC_Z).decode()


def decode(text: str) -> Event:
    """Read a fact that ``encode`` wrote. Raises ``ValueError`` when the text is not one."""
    data = orjson.loads(text)
    about, claimed = data["about"], data.get("claimed_at")
    return Event(
        id=data["id"],
        occurred_at=datetime.fromisoformat(data["occurred_at"]),
        about=_KEYS[about["type"]](**about),
        what=_WHATS[data["what"]["kind"]].validate_python(data["what"]),
        clarity=Clarity(data["clarity"]),
        claimed_at=datetime.fromisoformat(claimed) if claimed else None,
    )
