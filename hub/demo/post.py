"""Who reaches the hub when: every message of the day, late, out of order and more than once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

from hub.demo.day import HOURS, Step, Story
from hub.demo.message import Message, invented_uuid
from hub.demo.script import script

TWICE = 0.15  #: share of messages that are sent again
THRICE = 0.04  #: of all messages; these three times
LATER = (0, 0, 1, 3)  #: hours after which a message is sent again


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to the hub."""

    hour: int  #: of the day in which it arrives
    id: str  #: what the vendor calls this delivery
    copy: int  #: 1: sent for the first time
    story: str
    order: str  #: number of the order, for whoever watches
    words: str
    message: Message


def deliveries(seed: int, now: datetime) -> list[Delivery]:
    """Return the day's deliveries in the order in which they arrive.

    Within an hour they come in any order, orders among themselves as well as what is told of one.
    The same seed and the same ``now`` give the same list.
    """
    dice = Random(seed)
    found = [
        delivery
        for story in script(now)
        for place, step in enumerate(story.steps)
        for delivery in _copies(seed, dice, story, place, step)
    ]
    return sorted(found, key=lambda one: (one.hour, dice.random()))


def _copies(seed: int, dice: Random, story: Story, place: int, step: Step) -> Iterator[Delivery]:
    lot = dice.random()
    copies = 3 if lot < THRICE else 2 if lot < THRICE + TWICE else 1
    hour = int(step.hours)
    for copy in range(1, copies + 1):
        # some vendors repeat a delivery under its id, some make it a new one
        known = copy if dice.random() < 0.5 else 1
        yield Delivery(
            hour=hour,
            id=invented_uuid(seed, story.title, place, known),
            copy=copy,
            story=story.title,
            order=story.purchase.number if story.purchase else "?",
            words=step.words,
            message=step.message,
        )
        hour = min(hour + dice.choice(LATER), HOURS - 1)
