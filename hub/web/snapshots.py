"""The order as the outside world sees it: the stored snapshot, said in the reader's language."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from pydantic import BaseModel

from hub.catalogues import Catalogues
from hub.queries import Entry, StoredOrder, Telling
from hub.web.schemas import LineOut, ParcelOut, RefundOut, ReturnOut
from state_machine.order import Return
from state_machine.promises import next_step
from state_machine.returns import ReturnStage

Json = dict[str, Any]
KEPT = 1024  #: snapshots that are remembered, of some 3 kB each


def _names(model: type[BaseModel], *, but: Collection[str] = ()) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if name not in but)


LINE, REFUND = _names(LineOut), _names(RefundOut)
RETURN = _names(ReturnOut, but={"label", "next_step"})
PARCEL_WITH_CODE = _names(ParcelOut, but={"label"})
PARCEL = _names(ParcelOut, but={"label", "pickup_code"})


def write(document: object) -> bytes:
    """Write an answer as JSON; times as RFC 3339 in UTC."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def order(stored: StoredOrder, labels: Catalogues, language: str, *, codes: bool = False) -> Json:
    """Make the public snapshot of an order; ``codes`` includes what opens a locker."""
    believed = orjson.loads(stored.snapshot)
    return {
        "id": stored.order_id,
        "shop": stored.shop,
        "number": stored.number,
        "version": stored.version,
        "status": believed["status"],
        "label": labels.label("status", believed["status"], language),
        "status_since": believed["status_since"],
        "as_of": stored.as_of,
        "placed_at": believed["placed_at"],
        "lines": [_said(LINE, line) for line in believed["lines"]],
        "parcels": [
            _said(PARCEL_WITH_CODE if codes else PARCEL, parcel)
            | {"label": labels.label("stage", parcel["stage"], language)}
            for parcel in believed["parcels"]
        ],
        "returns": [
            _said(RETURN, ret)
            | {
                "label": labels.label("return", ret["stage"], language),
                "next_step": next_step(_return(ret)),
            }
            for ret in believed["returns"]
        ],
        "refunds": [_said(REFUND, refund) for refund in believed["refunds"]],
        "promise": believed["promise"],
        "customer_ref": stored.contact_id,
    }


def remembering(labels: Catalogues, size: int = KEPT) -> Callable[[StoredOrder, str], bytes]:
    """Return what writes the public snapshot of an order in a language, and remembers it.

    It is remembered under all that was read of the order, so it cannot be of another time. There is
    no personal data in it but a reference; what opens a locker is never remembered.
    """

    @lru_cache(maxsize=size)
    def written(stored: StoredOrder, language: str) -> bytes:
        return write(order(stored, labels, language))

    return written


def _said(names: Sequence[str], part: Json) -> Json:
    """Pick what the contract names, so that what is new inside stays inside."""
    return {name: part.get(name) for name in names}


def fact(entry: Entry) -> Json:
    """Make the public view of one fact of a timeline; codes that open a locker stay hidden."""
    what = orjson.loads(orjson.dumps(entry.event.what, option=orjson.OPT_UTC_Z))
    what.pop("pickup_code", None)
    return {
        "id": entry.event.id,
        "kind": what.pop("kind"),
        "occurred_at": entry.event.occurred_at,
        "claimed_at": entry.event.claimed_at,
        "clarity": entry.event.clarity,
        "received_at": entry.received_at,
        "source": entry.source,
        "about": entry.event.about,
        "what": what,
        "effect": entry.effect.outcome,
        "why": entry.effect.why,
    }


def telling(one: Telling) -> Json:
    """Make the public view of a change and what was told of it."""
    row = one.change
    return {
        "milestone": row.milestone,
        "subject": row.subject,
        "version": row.version,
        "occurred_at": row.occurred_at,
        "received_at": row.received_at,
        "silent": row.silent,
        "planned_at": row.planned_at,
        "notices": [_notice(*told) for told in one.notices],
    }


def _notice(notice: Any, attempts: Sequence[Any], receipts: Sequence[Any]) -> Json:
    said = ("channel", "recipient", "language", "state", "reason", "next_at", "settled_at")
    tried = ("n", "started_at", "ended_at", "outcome")  # detail may quote an address
    return {
        **{name: getattr(notice, name) for name in said},
        "attempts": [
            {name: getattr(one, name) for name in tried}
            | {"receipts": [_receipt(two) for two in receipts if two.n == one.n]}
            for one in attempts
        ],
    }


def _receipt(receipt: Any) -> Json:
    return {name: getattr(receipt, name) for name in ("what", "at", "provider", "detail")}


def _return(stored: Json) -> Return:
    return Return(
        id=stored["id"],
        stage=ReturnStage(stored["stage"]),
        stage_since=datetime.fromisoformat(stored["stage_since"]),
        units=(),
    )
