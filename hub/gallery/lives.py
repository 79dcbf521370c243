"""Lives of invented orders, folded as any order is: what the outbox would hold of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from types import SimpleNamespace

from hub.gallery.life import Life
from hub.gallery.stories import LIVES
from hub.notify.news import News
from hub.pipeline.tell import outbox_row
from state_machine.changes import Change, changes
from state_machine.events import Event
from state_machine.fold import fold
from state_machine.milestones import Told

#: what nobody tells customers by itself
FOR_SYSTEMS = frozenset({Told.STATUS_CHANGED})
MILESTONES = tuple(told for told in Told if told not in FOR_SYSTEMS)


def life_of(milestone: Told, shop: str, now: datetime, *, rich: bool = True) -> Sequence[Event]:
    """Return the facts of an order up to the moment that brings the milestone about."""
    life = Life(shop, now, rich=rich)
    LIVES[milestone](life)
    return life.facts


def news(milestone: Told, shop: str, now: datetime, *, rich: bool = True) -> News:
    """Return a milestone as the outbox would hold it."""
    facts = life_of(milestone, shop, now, rich=rich)
    told = [one for one in _told(facts) if one.milestone.code is milestone]
    belief = fold(facts)
    row = outbox_row(
        f"{shop}:1001",
        belief.order,
        told[-1],
        version=len(facts),
        received_at=now,
        cause=facts[-1],
    )
    return News.read(SimpleNamespace(**row | {"occurred_at": now}))


def samples(shops: Iterable[str], now: datetime) -> Iterator[News]:
    """Yield every milestone of every shop, told with all there may be and with the least."""
    for shop in shops:
        for milestone in MILESTONES:
            yield news(milestone, shop, now)
            yield news(milestone, shop, now, rich=False)


def _told(facts: Sequence[Event]) -> Iterator[Change]:
    yield from changes((), fold(facts))
    if len(facts) > 1:  # what is taken back is a change of what was believed before
        yield from changes(fold(facts[:-1]).keys, fold(facts))
