"""What a raw tells today beside what it told once: the facts that read otherwise, or not at all."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from hub.pipeline.translate import Translated
from hub.store.facts import decode
from state_machine.events import Event, Ordered, ParcelKey

#: raw -> its facts by their ids; a sender may count anew for every order
Told = Mapping[int, Mapping[str, Sequence[Event]]]
Standing = tuple[int, str, object]  #: raw, fact and what decides whose it is


@dataclass(slots=True)
class Readings:
    """How the facts of some raws read otherwise than they stand on the timelines."""

    reworded: list[tuple[str, Event]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)  #: (order, fact)
    standing: set[Standing] = field(default_factory=set)  #: on a timeline; they need no home

    @property
    def orders(self) -> set[str]:
        """The orders that have to be folded again."""
        return {order for order, _ in (*self.reworded, *self.gone)}


def told_by(read: Sequence[Translated]) -> Told:
    """Return the facts of raws by their ids."""
    told: dict[int, dict[str, list[Event]]] = {}
    for one in read:
        by_id = told[one.delivery.raw_id] = defaultdict(list)
        for event in one.events:
            by_id[event.id].append(event)
    return told


def compare(stored: Sequence[Row[Any]], told: Told) -> Readings:
    """Compare what raws told first (``timeline.first_told_by``) with what they tell today.

    What was ordered stays, even if no raw tells it any more: an order does not vanish.
    """
    found = Readings()
    for row in stored:
        events = told[row.raw_id].get(row.fact_id, ())
        was = decode(row.fact)
        # Of one fact told twice in a raw the timeline has the first.
        now = next((one for one in events if place_of(one) == place_of(was)), None)
        if now is not None:
            found.standing.add((row.raw_id, row.fact_id, place_of(was)))
            if now != was:
                found.reworded.append((row.order_id, now))
        elif not isinstance(was.what, Ordered):
            found.gone.append((row.order_id, row.fact_id))
    return found


def outdated(waiting: Sequence[Row[Any]], told: Told) -> Iterator[tuple[str, str]]:
    """Name the parked facts that their raw does not tell in these words any more."""
    for one in waiting:
        if not one.contact and decode(one.fact) not in told[one.raw_id].get(one.fact_id, ()):
            yield one.key, one.fact_id


def place_of(event: Event) -> object:
    """Return what decides whose fact it is; a carrier by another name is no other parcel."""
    about = event.about
    return about.number if isinstance(about, ParcelKey) else about
