"""All stories of the example day, and the two leftovers it plants."""

from collections.abc import Sequence
from datetime import datetime

from hub.demo import stories_afterwards as afterwards
from hub.demo import stories_kaamos as kaamos
from hub.demo import stories_sauna as sauna
from hub.demo.day import Story, Tale, begin

PARKED = 1  #: facts that still wait for an order when the day is over: ``nobodys_parcel``
QUARANTINED = 1  #: findings that wait for a person: ``odd_status``

TALES: Sequence[Tale] = (
    kaamos.home_delivery,
    kaamos.two_parcels,
    kaamos.collected,
    kaamos.waits_at_locker,
    kaamos.delayed,
    kaamos.second_try,
    kaamos.backordered,
    afterwards.partly_cancelled,
    afterwards.cancelled,
    afterwards.returned,
    afterwards.return_begun,
    afterwards.goodwill,
    afterwards.by_courier,
    sauna.paid_later,
    sauna.not_collected,
    sauna.wrong_scan,
    sauna.being_packed,
    sauna.odd_status,
    sauna.nobodys_parcel,
)


def script(now: datetime) -> tuple[Story, ...]:
    """Return every story of a day that ends ``now``."""
    when = begin(now)
    return tuple(tell(when) for tell in TALES)
