"""What is worth telling of a change, written down with the change: rows for the outbox."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import orjson

from state_machine.changes import Change
from state_machine.events import Event
from state_machine.milestones import ANEW, Milestone, Told
from state_machine.order import Order, Parcel, Refund, Return

JSON = orjson.OPT_UTC_Z

Named = TypeVar("Named", Parcel, Return)


def outbox_row(
    order_id: str,
    order: Order,
    change: Change,
    *,
    version: int,
    received_at: datetime,
    cause: Event | None,
) -> dict[str, Any]:
    """Make the outbox row of one change.

    The row carries all that a notice will speak of, because the order may have moved on when the
    notice is written; it carries no personal data. ``cause``: the fact that brought it about.
    """
    milestone = change.milestone
    content = _content(order_id, order, change, version)
    content["clarity"] = cause and cause.clarity
    return {
        "order_id": order_id,
        "subject": milestone.subject,
        "milestone": str(milestone.code),
        "revision": milestone.revision,
        "version": version,
        "occurred_at": milestone.occurred_at,
        "received_at": received_at,
        "silent": change.silent,
        "change": orjson.dumps(content, option=JSON).decode(),
        "planned_at": None,
    }


def _content(order_id: str, order: Order, change: Change, version: int) -> dict[str, Any]:
    milestone = change.milestone
    kind, _, name = milestone.subject.partition(":")
    parcel = _called(name, order.parcels) if kind == "parcel" else None
    ret = _called(name, order.returns) if kind == "return" else None
    return {
        "kind": "corrected" if change.corrects else "reached",
        "milestone": milestone.code,
        "subject": milestone.subject,
        "revision": milestone.revision,
        "occurred_at": milestone.occurred_at,
        "order": {
            "id": order_id,
            "shop": order.shop,
            "external_id": order.external_id,
            "number": order.number,
            "status": order.status,
            "status_since": order.status_since,
            "version": version,
            "placed_at": order.placed_at,
            "lines": order.lines,
        },
        "parcel": parcel,
        "return": ret,
        "refund": _refund(order, milestone) if milestone.code is Told.REFUND_ISSUED else None,
        "promise": parcel.promise if parcel else order.promise,
        "units": parcel.units if parcel else ret.units if ret else (),
        "corrects": change.corrects
        and dict(zip(("milestone", "subject", "revision"), change.corrects, strict=True)),
    }


def _called(name: str, several: Iterable[Named]) -> Named | None:
    for one in several:
        if one.id == name:
            return one
    return None


def _refund(order: Order, milestone: Milestone) -> Refund | None:
    own = milestone.revision.rpartition(ANEW)[0] or milestone.revision
    return next((r for r in order.refunds if r.id in (own, milestone.revision)), None)
