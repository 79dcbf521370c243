"""Where every unit of an order is, and the one status that follows from it.

How the status is derived, first rule that holds (cancelled units count in the first only):

1. every unit cancelled: cancelled
2. every unit delivered and returned: returned; some returned: partially_returned; a return open:
   return_started
3. every unit delivered: delivered; some: partially_delivered
4. every unit on its way back: returning_to_sender, then returned_to_sender
5. some units shipped, some not: partially_shipped
6. every unit shipped: the stage of the least advanced open parcel
7. nothing shipped: on_hold, else backordered (any unit), else processing, else placed

Rule 2 reads "every unit" as every unit of the order, not only those delivered so far: a customer
who still waits for a parcel must not read *returned* (docs/decisions/0006). An order of which no
parcel is left open, because all were lost, waits for the shop: on_hold (docs/decisions/0007).
"""

from datetime import datetime

from state_machine.draft import Draft, DraftReturn, Load, Tally, Waiting, claim
from state_machine.events import Units
from state_machine.lifecycle import Stage
from state_machine.statuses import Status

SHIPPED = frozenset(stage for stage in Stage if stage.shipped)
GOING_BACK = (Stage.RETURNING_TO_SENDER, Stage.RETURNED_TO_SENDER)
#: on the way to the customer, the least advanced first
ON_THE_WAY = {
    Stage.HANDED_OVER: Status.IN_TRANSIT,
    Stage.IN_TRANSIT: Status.IN_TRANSIT,
    Stage.OUT_FOR_DELIVERY: Status.OUT_FOR_DELIVERY,
    Stage.READY_FOR_PICKUP: Status.READY_FOR_PICKUP,
}
#: what is in such a parcel may have been sent again: another parcel with the same units has them
DEAD_ENDS = frozenset({Stage.RETURNED_TO_SENDER, Stage.LOST, Stage.DISPOSED})


def tally(draft: Draft) -> dict[str, Tally]:
    """Count, per line, where its units are. Every unit is in exactly one place."""
    tallies = {line.id: Tally(line.quantity, line.quantity) for line in draft.lines.values()}
    unknown: list[Stage] = []
    dead_ends: list[tuple[Stage, Load]] = []
    for load in draft.loads.values():
        stage = load.stage
        if load.units is None or draft.nameless:
            unknown.append(stage)
        elif stage in DEAD_ENDS:
            dead_ends.append((stage, load))
        elif stage is not Stage.CANCELLED:
            _load(tallies, stage, load.units)
    for stage, load in dead_ends:
        _load(tallies, stage, load.units or ())
    unknown = [stage for stage in unknown if stage is not Stage.CANCELLED]
    rest = min(unknown, key=claim) if unknown else None
    for line, place in tallies.items():
        if draft.waiting[line].cancelled:
            _cancel(place, draft.waiting[line].cancelled)
        # What no parcel is known to hold rides in the parcel nobody described, as far behind as
        # the slowest of them: we never claim more progress than is certain.
        if rest is not None:
            _ride(place, rest, place.free)
        if draft.cancelled:
            _cancel(place, place.inside)
    if draft.returns:
        _count_returned(draft, tallies)
    return tallies


def _load(tallies: dict[str, Tally], stage: Stage, content: tuple[Units, ...]) -> None:
    for units in content:
        place = tallies.get(units.line)
        if place is not None:
            _ride(place, stage, units.quantity)


def _ride(place: Tally, stage: Stage, quantity: int) -> None:
    count = min(quantity, place.free)
    if count > 0:
        place.free -= count
        place.stages[stage] = place.stages.get(stage, 0) + count
        if stage in SHIPPED:
            place.shipped += count


def _cancel(place: Tally, quantity: int) -> None:
    count = min(quantity, place.inside)
    if count > 0:
        labelled = max(0, count - place.free)
        if labelled:
            place.stages[Stage.ANNOUNCED] -= labelled
        place.free -= count - labelled
        place.cancelled += count


def _count_returned(draft: Draft, tallies: dict[str, Tally]) -> None:
    for ret in draft.returns.values():
        if not ret.received:
            continue
        rejected = {units.line: units.quantity for units in ret.rejected}
        # A return that names no units speaks of all that was delivered.
        for units in ret.units or _everything_delivered(tallies):
            place = tallies.get(units.line)
            if place is not None:
                _deliver(place, place.returned + units.quantity)
                came_back = units.quantity - rejected.get(units.line, 0)
                place.returned = min(place.delivered, place.returned + max(0, came_back))


def _everything_delivered(tallies: dict[str, Tally]) -> tuple[Units, ...]:
    if any(place.delivered for place in tallies.values()):
        return tuple(Units(line, place.delivered) for line, place in tallies.items())
    return tuple(Units(line, place.shipped) for line, place in tallies.items())


def _deliver(place: Tally, quantity: int) -> None:
    """Goods that came back had been with the customer, whether or not a carrier said so."""
    for stage in reversed(ON_THE_WAY):
        count = min(place.stages.get(stage, 0), quantity - place.delivered)
        if count > 0:
            place.stages[stage] -= count
            place.stages[Stage.DELIVERED] = place.delivered + count


def derive_status(draft: Draft, tallies: dict[str, Tally]) -> Status:
    """Derive the order's status from its parts; the rules stand at the top of this file."""
    wanted = delivered = returned = shipped = 0
    for place in tallies.values():
        wanted += place.quantity - place.cancelled
        delivered += place.delivered
        returned += place.returned
        shipped += place.shipped
    if wanted == 0 and (draft.cancelled or any(place.cancelled for place in tallies.values())):
        return Status.CANCELLED
    if returned:
        return Status.RETURNED if returned == wanted else Status.PARTIALLY_RETURNED
    if draft.returns and any(_is_open(ret) for ret in draft.returns.values()):
        return Status.RETURN_STARTED
    if delivered:
        return Status.DELIVERED if delivered == wanted else Status.PARTIALLY_DELIVERED
    if not shipped:
        return Status.PARTIALLY_SHIPPED if _some_parcel_left(draft) else _before_shipping(draft)
    stages = {stage for place in tallies.values() for stage, n in place.stages.items() if n}
    if shipped == wanted and stages.issubset(GOING_BACK):
        return Status(min(stages, key=claim))
    return Status.PARTIALLY_SHIPPED if shipped < wanted else _least_advanced(stages)


def _is_open(ret: DraftReturn) -> bool:
    return not ret.stage.final


def _least_advanced(stages: set[Stage]) -> Status:
    for stage, status in ON_THE_WAY.items():
        if stage in stages:
            return status
    back = [stage for stage in GOING_BACK if stage in stages]
    return Status(back[0]) if back else Status.ON_HOLD


def _some_parcel_left(draft: Draft) -> bool:
    """Of parcels that share their units one has left: which units, nobody knows."""
    parcels = (parcel for load in draft.loads.values() for parcel in load.parcels)
    return any(p.stage in ON_THE_WAY or p.stage is Stage.DELIVERED for p in parcels)


def _before_shipping(draft: Draft) -> Status:
    if draft.held:
        return Status.ON_HOLD
    working = draft.paid or bool(draft.loads)
    for place in draft.waiting.values():
        if place.backordered:
            return Status.BACKORDERED
        working = working or place.allocated + place.packed > 0
    return Status.PROCESSING if working else Status.PLACED


def settle_status(draft: Draft, at: datetime) -> None:
    """Bring the draft's tallies and status up to date; note when the status last changed."""
    draft.tallies = tally(draft)
    for line, place in draft.waiting.items():
        _fit(draft.tallies[line].free, place)
    status = derive_status(draft, draft.tallies)
    if status is not draft.status or draft.status_since is None:
        draft.status, draft.status_since = status, at


def _fit(free: int, place: Waiting) -> None:
    """Keep the places before a parcel within the units that are still free."""
    if place.packed + place.allocated + place.backordered > free:
        place.packed = min(place.packed, free)
        place.allocated = min(place.allocated, free - place.packed)
        place.backordered = min(place.backordered, free - place.packed - place.allocated)
