"""What each fact about an order, its payment or the stock does to the belief."""

from collections.abc import Iterator
from datetime import datetime

from state_machine.draft import Draft, Waiting
from state_machine.events import (
    Event,
    Held,
    OrderCancelled,
    Ordered,
    PaymentReceived,
    Released,
    StockArrived,
    StockCounted,
    StockKey,
    StockRanOut,
    Units,
    UnitsAllocated,
    UnitsBackordered,
    UnitsCancelled,
    UnitsPacked,
)
from state_machine.milestones import Told, day
from state_machine.rollup import tally

NOTHING_OPEN = "no open unit is concerned"
NOTHING_INSIDE = "these units had left the shop, or were cancelled before"
NO_GOODS = "it does not say which goods"


def ordered(draft: Draft, event: Event, what: Ordered) -> str | None:
    """The order exists; its lines were read before the replay began."""
    draft.reach(Told.ORDER_PLACED, "order", "", at=what.placed_at, fact=event.id)
    return None


def paid(draft: Draft, event: Event, what: PaymentReceived) -> str | None:
    """The order is paid."""
    draft.paid = True
    if draft.held == "payment":
        draft.held = None
    return None


def held(draft: Draft, event: Event, what: Held) -> str | None:
    """The shop waits with the order."""
    draft.held = what.reason
    if what.reason == "payment":
        draft.reach_on_day(Told.PAYMENT_PROBLEM, "order", "", at=event.occurred_at, fact=event.id)
    return None


def released(draft: Draft, event: Event, what: Released) -> str | None:
    """The hold is over."""
    if draft.held is None:
        return "the order was not on hold"
    draft.held = None
    return None


def cancelled(draft: Draft, event: Event, what: OrderCancelled) -> str | None:
    """Everything not yet shipped is cancelled."""
    places = draft.tallies.values()
    if any(place.quantity for place in places) and not any(place.inside for place in places):
        return NOTHING_INSIDE
    draft.cancelled = True
    _tell_cancelled(draft, event)
    return None


def units_cancelled(draft: Draft, event: Event, what: UnitsCancelled) -> str | None:
    """These units will not be shipped."""
    refused: str | None = "the order has no such line"
    for units in what.units:
        place = draft.tallies.get(units.line)
        if place is not None:
            # What has left the shop cannot be cancelled any more; it can only come back.
            count = min(units.quantity, place.inside)
            refused = refused and NOTHING_INSIDE
            if count > 0:
                draft.waiting[units.line].cancelled += count
                refused = None
    if refused is None:
        _tell_cancelled(draft, event)
    return refused


def _tell_cancelled(draft: Draft, event: Event) -> None:
    places = tally(draft).values()
    whole = all(place.cancelled == place.quantity for place in places)
    revision = "all" if whole else event.id
    draft.reach(Told.CANCELLED, "order", revision, at=event.occurred_at, fact=event.id)


def _free(draft: Draft, units: tuple[Units, ...]) -> Iterator[tuple[Waiting, str, int]]:
    """Yield the waiting place, the line and how many of its free units a fact speaks of."""
    named = {one.line: one.quantity for one in units} or {
        line: place.free for line, place in draft.tallies.items()
    }
    for line, quantity in named.items():
        place = draft.tallies.get(line)
        if place is not None and (count := min(quantity, place.free)) > 0:
            yield draft.waiting[line], line, count


def allocated(draft: Draft, event: Event, what: UnitsAllocated) -> str | None:
    """Stock is set aside."""
    refused: str | None = NOTHING_OPEN
    for place, _, count in _free(draft, what.units):
        place.allocated = max(place.allocated, count)
        _no_longer_waiting(place, count)
        refused = None
    return refused


def packed(draft: Draft, event: Event, what: UnitsPacked) -> str | None:
    """Units are packed; packed is not shipped."""
    refused: str | None = NOTHING_OPEN
    for place, _, count in _free(draft, what.units):
        place.packed = max(place.packed, count)
        place.allocated = max(0, place.allocated - count)
        _no_longer_waiting(place, count)
        refused = None
    return refused


def _no_longer_waiting(place: Waiting, count: int) -> None:
    place.backordered = max(0, place.backordered - count)
    if not place.backordered:
        place.expected_at = None


def backordered(draft: Draft, event: Event, what: UnitsBackordered) -> str | None:
    """Units wait for goods."""
    lines = []
    for place, line, count in _free(draft, what.units):
        # Packed goods are there. Of the others the last word holds: what was set aside is gone.
        short = min(count, draft.tallies[line].free - place.packed)
        if short > 0:
            spare = draft.tallies[line].free - place.packed - short
            place.allocated = min(place.allocated, spare)
            place.backordered, place.expected_at = short, what.expected_at
            lines.append(line)
    return _tell_backordered(draft, event, lines, what.expected_at)


def ran_out(draft: Draft, event: Event, what: StockRanOut) -> str | None:
    """The goods are gone: open units of that SKU that had nothing set aside now wait."""
    if not isinstance(event.about, StockKey):
        return NO_GOODS
    lines = []
    for place, line, count in _free(draft, ()):
        short = count - place.allocated - place.packed
        if draft.lines[line].sku == event.about.sku and short > 0:
            place.backordered, place.expected_at = short, what.expected_at
            lines.append(line)
    return _tell_backordered(draft, event, lines, what.expected_at)


def _tell_backordered(
    draft: Draft, event: Event, lines: list[str], expected_at: datetime | None
) -> str | None:
    if not lines:
        return NOTHING_OPEN
    when = day(expected_at) if expected_at else "unknown"
    revision = f"{when}:{','.join(sorted(lines))}"
    draft.reach(Told.BACKORDERED, "order", revision, at=event.occurred_at, fact=event.id)
    return None


def arrived(draft: Draft, event: Event, what: StockArrived) -> str | None:
    """The goods are there again."""
    if not isinstance(event.about, StockKey):
        return NO_GOODS
    refused: str | None = "no unit waited for it"
    for line, place in draft.waiting.items():
        if draft.lines[line].sku == event.about.sku and place.backordered:
            place.allocated += place.backordered
            place.backordered, place.expected_at = 0, None
            refused = None
    return refused


def counted(draft: Draft, event: Event, what: StockCounted) -> str | None:
    """A stock level says nothing of any one order."""
    return "a stock level moves no order"
