"""Works out which notices would be sent, in a transaction that nobody commits; sends nothing."""

from datetime import datetime

from sqlalchemy import Connection

from hub.catalogues import Catalogues
from hub.clock import Clock
from hub.config import Settings
from hub.notify.audience import House
from hub.notify.channels import Tools, open_channels
from hub.notify.lanes import lanes
from hub.notify.planning import plan
from hub.notify.taking import take
from hub.store import settling
from hub.store.settling import Ended, Settlement

AT_ONCE = 200  #: notices per lane and look


def rehearsing_house(settings: Settings, clock: Clock, labels: Catalogues) -> House:
    """Return what decides about audiences; its channels are opened and never used."""
    return House(settings, open_channels(Tools.idle(settings, clock)), labels)


def pretend(connection: Connection, house: House, now: datetime) -> None:
    """Plan every change that waits, and take every notice as sent at the first try."""
    while plan(connection, house, now):
        pass
    free = dict.fromkeys(lanes(house), AT_ONCE)
    taken = Settlement(outcome="sent", state="sent", detail="rehearsed", at=now)
    while (catch := take(connection, house, free, now)).taken or catch.suppressed:
        settling.settle(connection, [Ended(one.row.id, one.n, taken) for one in catch.taken])
