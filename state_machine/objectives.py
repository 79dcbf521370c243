"""By when a milestone has to be told: what customers are promised, and so are their shops.

The clock starts when the news reaches us and stops when a provider has taken the message over. A
carrier that is late itself is another measure.
"""

from datetime import timedelta
from enum import StrEnum

from state_machine.milestones import Told


class Objective(StrEnum):
    """What is promised about a milestone."""

    within: timedelta

    def __new__(cls, name: str, within: timedelta = timedelta()) -> "Objective":
        """Make one row of the table."""
        row = str.__new__(cls, name)
        row._value_ = name
        row.within = within
        return row

    STATUS = ("status", timedelta(seconds=60))
    RETURNS = ("returns", timedelta(hours=24))  #: how a return goes on, and the money


#: milestones of the slower promise
OF_RETURNS = frozenset(
    {
        Told.RETURN_STARTED,
        Told.RETURN_APPROVED,
        Told.RETURN_RECEIVED,
        Told.REFUND_ISSUED,
        Told.EXCHANGE_SHIPPED,
    }
)


def objective(milestone: str) -> Objective:
    """Return what is promised about a milestone, known to us or not."""
    return Objective.RETURNS if milestone in OF_RETURNS else Objective.STATUS
