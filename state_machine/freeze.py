"""The end of a fold: the draft becomes a belief nobody can change."""

from typing import Any, TypeVar

from state_machine.draft import Draft, DraftParcel, DraftReturn, Tally
from state_machine.events import Units
from state_machine.lifecycle import Stage
from state_machine.order import Belief, Effect, Line, Order, Parcel, Promise, Return

T = TypeVar("T")


def freeze(draft: Draft, effects: tuple[Effect, ...]) -> Belief:
    """Make the belief out of a finished draft, and of what each fact did to it."""
    lines = () if draft.nameless else draft.tallies.items()
    order = _made(
        Order,
        {
            "shop": draft.key.shop,
            "external_id": draft.key.external_id,
            "number": draft.number,
            "placed_at": draft.placed_at,
            "status": draft.status,
            "status_since": draft.status_since or draft.placed_at,
            "paid": draft.paid,
            "held": draft.held,
            "lines": tuple([_line(draft, line, place) for line, place in lines]),
            "parcels": tuple([_parcel(draft, parcel) for parcel in draft.parcels.values()]),
            "returns": tuple([_return(ret) for ret in draft.returns.values()]),
            "refunds": tuple(draft.refunds.values()),
            "promise": _promise(draft),
        },
    )
    milestones, keys = tuple(draft.milestones.values()), tuple(draft.milestones)
    return Belief(order, milestones, keys, effects, draft.manifest.former_names())


def _made(kind: type[T], fields: dict[str, Any]) -> T:
    """Make a frozen value of all its fields at once.

    Its own ``__init__`` gets round the frost field by field, which was a tenth of the pipeline.
    """
    one = object.__new__(kind)
    object.__setattr__(one, "__dict__", fields)
    return one


def _line(draft: Draft, line: str, place: Tally) -> Line:
    ordered, waiting = draft.lines[line], draft.waiting[line]
    return _made(
        Line,
        {
            "id": line,
            "sku": ordered.sku,
            "name": ordered.name,
            "quantity": place.quantity,
            "allocated": waiting.allocated,
            "backordered": waiting.backordered,
            "packed": waiting.packed,
            "shipped": place.shipped,
            "delivered": place.delivered,
            "cancelled": place.cancelled,
            "returned": place.returned,
            "expected_at": waiting.expected_at if waiting.backordered else None,
        },
    )


def _parcel(draft: Draft, parcel: DraftParcel) -> Parcel:
    units = _units([draft.loads[load].units for load in parcel.loads])
    return _made(
        Parcel,
        {
            "id": parcel.id,
            "carrier": parcel.carrier,
            "tracking_number": parcel.number,
            "tracking_url": parcel.url,
            "stage": parcel.stage or Stage.ANNOUNCED,
            "stage_since": parcel.since or draft.placed_at,
            "units": units or (),
            "content_known": units is not None,
            "how": parcel.how,
            "place": parcel.place,
            "problem": parcel.problem,
            "promise": parcel.promise,
            "pickup_point": parcel.pickup_point,
            "nearby": parcel.nearby,
            "pickup_code": parcel.pickup_code,
            "keep_until": parcel.keep_until,
            "reminded": parcel.keep_until in parcel.reminded_of,
            "exchange_for": parcel.exchange_for,
            "load": parcel.loads[0] if parcel.loads else "",
        },
    )


def _units(contents: list[tuple[Units, ...] | None]) -> tuple[Units, ...] | None:
    """Add up what is in the loads of one parcel; None when of one of them nobody knows."""
    if len(contents) == 1:
        return contents[0]
    total: dict[str, int] = {}
    for units in contents:
        if units is None:
            return None
        for one in units:
            total[one.line] = total.get(one.line, 0) + one.quantity
    return tuple(Units(line, quantity) for line, quantity in total.items()) if contents else None


def _return(ret: DraftReturn) -> Return:
    return Return(
        id=ret.id,
        stage=ret.stage,
        stage_since=ret.since,
        units=ret.units,
        received=ret.received,
        rejected=ret.rejected,
        tracking_number=ret.number,
        refund=ret.refund,
    )


def _promise(draft: Draft) -> Promise | None:
    """The order's promise: the shop's own, else that of the parcel promised last."""
    if draft.promise is not None:
        return draft.promise
    made = [parcel.promise for parcel in draft.parcels.values() if parcel.promise is not None]
    return max(made, key=lambda promise: promise.latest) if made else None
