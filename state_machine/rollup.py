"""Where every unit of an order is, and the one status that follows from it.

How the status is derived, first rule that holds (cancelled units are left out of all but the first):

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

from dataclasses import dataclass
from datetime import datetime

from state_machine.draft import Draft, DraftReturn, Waiting
from state_machine.events import Units
from state_machine.lifecycle import Stage
from state_machine.statuses import Status

GOING_BACK = (Stage.RETURNING_TO_SENDER, Stage.RETURNED_TO_SENDER)


@dataclass(slots=True)
class Tally:
    """Where the units of one line are; the counts add up to the line's quantity."""

    quantity: int
    free: int  #: in no parcel and not cancelled
    cancelled: int
    stages: dict[Stage, int]  #: units in parcels, by the parcel's stage
    returned: int  #: of the delivered ones

    @property
    def shipped(self) -> int:
        """Units that have left the shop."""
        return sum(count for stage, count in self.stages.items() if stage.shipped)

    @property
    def delivered(self) -> int:
        """Units that reached the recipient, those that came back included."""
        return self.stages.get(Stage.DELIVERED, 0)


def tally(draft: Draft) -> dict[str, Tally]:
    """Count, per line, where its units are. Every unit is in exactly one place."""
    tallies = {
        line.id: Tally(line.quantity, line.quantity, 0, {}, 0) for line in draft.lines.values()
    }
    unknown: list[Stage] = []
    for load in draft.loads.values():
        stage = load.stage
        if stage is Stage.CANCELLED:
            continue
        if load.units is None:
            unknown.append(stage)
            continue
        for units in load.units:
            _ride(tallies.get(units.line), stage, units.quantity)
    rest = min(unknown, key=lambda stage: stage.step) if unknown else None
    for line, place in tallies.items():
        _cancel(place, draft.waiting[line].cancelled)
        # What no parcel is known to hold rides in the parcel nobody described, as far behind as
        # the slowest of them: we never claim more progress than is certain.
        if rest is not None:
            _ride(place, rest, place.free)
        if draft.cancelled:
            _cancel(place, place.free)
            place.cancelled += place.stages.pop(Stage.ANNOUNCED, 0)
    _count_returned(draft, tallies)
    return tallies


def _ride(place: Tally | None, stage: Stage, quantity: int) -> None:
    if place is None:
        return
    count = min(quantity, place.free)
    if count > 0:
        place.free -= count
        place.stages[stage] = place.stages.get(stage, 0) + count


def _cancel(place: Tally, quantity: int) -> None:
    count = min(quantity, place.free)
    place.free -= count
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
                came_back = units.quantity - rejected.get(units.line, 0)
                place.returned = min(place.delivered, place.returned + max(0, came_back))


def _everything_delivered(tallies: dict[str, Tally]) -> tuple[Units, ...]:
    return tuple(Units(line, place.delivered) for line, place in tallies.items())


def derive_status(draft: Draft, tallies: dict[str, Tally]) -> Status:
    """Derive the order's status from its parts; the rules stand at the top of this file."""
    places = tallies.values()
    ordered = sum(place.quantity for place in places)
    wanted = ordered - sum(place.cancelled for place in places)
    if wanted == 0 and (ordered or draft.cancelled):
        return Status.CANCELLED
    delivered = sum(place.delivered for place in places)
    returned = sum(place.returned for place in places)
    if returned:
        return Status.RETURNED if returned == wanted else Status.PARTIALLY_RETURNED
    if any(_is_open(ret) for ret in draft.returns.values()):
        return Status.RETURN_STARTED
    if delivered:
        return Status.DELIVERED if delivered == wanted else Status.PARTIALLY_DELIVERED
    shipped = sum(place.shipped for place in places)
    if not shipped:
        return _before_shipping(draft)
    back = {stage for place in places for stage in GOING_BACK if place.stages.get(stage)}
    if back and wanted == sum(place.stages.get(s, 0) for place in places for s in GOING_BACK):
        return Status(min(back, key=lambda stage: stage.step))
    if shipped < wanted:
        return Status.PARTIALLY_SHIPPED
    return _least_advanced({stage for place in places for stage in place.stages})


def _is_open(ret: DraftReturn) -> bool:
    return not ret.stage.final


def _least_advanced(stages: set[Stage]) -> Status:
    road = [stage for stage in stages if not stage.final and stage not in GOING_BACK]
    if road:
        slowest = min(road, key=lambda stage: stage.step)
        return Status.IN_TRANSIT if slowest is Stage.HANDED_OVER else Status(slowest)
    back = [stage for stage in GOING_BACK if stage in stages]
    return Status(back[0]) if back else Status.ON_HOLD


def _before_shipping(draft: Draft) -> Status:
    if draft.held:
        return Status.ON_HOLD
    waiting = draft.waiting.values()
    if any(place.backordered for place in waiting):
        return Status.BACKORDERED
    working = any(place.allocated or place.packed for place in waiting)
    if draft.paid or working or draft.loads:
        return Status.PROCESSING
    return Status.PLACED


def settle_status(draft: Draft, at: datetime) -> dict[str, Tally]:
    """Bring the draft's status up to date; note when it last changed. Return the tallies."""
    tallies = tally(draft)
    for line, place in draft.waiting.items():
        _fit(tallies[line].free, place)
    status = derive_status(draft, tallies)
    if status is not draft.status or draft.status_since is None:
        draft.status, draft.status_since = status, at
    return tallies


def _fit(free: int, place: Waiting) -> None:
    """Keep the places before a parcel within the units that are still free."""
    place.packed = min(place.packed, free)
    place.allocated = min(place.allocated, free - place.packed)
    place.backordered = min(place.backordered, free - place.packed - place.allocated)
