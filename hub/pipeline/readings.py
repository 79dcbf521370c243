"""What a raw tells today beside what it told once: the facts that read otherwise, or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from hub.pipeline.translate import Translated
from hub.store.facts import decode, encode
from state_machine.events import Event, Key, Ordered, ParcelKey

Told = Mapping[int, Mapping[str, Event]]  #: raw -> its facts by their ids


@dataclass(slots=True)
class Readings:
    """How the facts of some raws read otherwise than they stand on the timelines."""

    reworded: list[tuple[str, Event]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)  #: (order, fact)
    #: (raw, fact) that stand on a timeline and need no home
    standing: set[tuple[int, str]] = field(default_factory=set)

    @property
    def orders(self) -> set[str]:
        """The orders that have to be folded again."""
        return {order for order, _ in (*self.reworded, *self.gone)}


def told_by(read: Sequence[Translated]) -> Told:
    """Return the facts of raws by their ids; of one told twice the timeline has the first."""
    return {
        one.delivery.raw_id: {event.id: event for event in reversed(one.events)} for one in read
    }


def compare(stored: Sequence[Row[Any]], told: Told) -> Readings:
    """Compare what raws told first (``timeline.first_told_by``) with what they tell today.

    What was ordered stays, even if no raw tells it any more: an order does not vanish.
    """
    found = Readings()
    for row in stored:
        event = told[row.raw_id].get(row.fact_id)
        if event is None or encode(event) != row.fact:
            was = decode(row.fact)
            if event is None or _place(event.about) != _place(was.about):
                if not isinstance(was.what, Ordered):
                    found.gone.append((row.order_id, row.fact_id))
                continue
            if event != was:  # else it is only written otherwise
                found.reworded.append((row.order_id, event))
        found.standing.add((row.raw_id, row.fact_id))
    return found


def outdated(waiting: Sequence[Row[Any]], told: Told) -> Iterator[tuple[str, str]]:
    """Name the parked facts that their raw does not tell in these words any more."""
    for one in waiting:
        if not one.contact and told[one.raw_id].get(one.fact_id) != decode(one.fact):
            yield one.key, one.fact_id


def _place(about: Key) -> object:
    """Return what decides whose fact it is; a carrier by another name is no other parcel."""
    return about.number if isinstance(about, ParcelKey) else about
