"""Which moments of an order may be told, how urgently, and what makes a telling pointless.

Rules of this file:

1. One row is one milestone. ``urgency`` decides quiet hours and digests. ``rung`` is its place on
   the ladder of one parcel or one return: when a higher rung of the same subject has been reached,
   a lower one is no news any more and is not told. Rung 0 stands on no ladder.
2. ``family``: two milestones of one family and subject say the same thing in other words
   ("partly shipped" that turns out to be "shipped"): who was told one is not told the other,
   unless both name a content, such as a date, and name another one.
3. A milestone is one happening: code, subject and revision name it for the order's whole life. The
   revision comes from the content (a date, a fact), never from a counter, so that facts arriving
   late cannot turn an old happening into a new one.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

#: in a revision: what follows says how many facts about the subject have been retracted
ANEW = "~"

#: What several sources tell of one happening lies no further apart than this, even if one of them
#: has its clock in another zone of a country; and nobody tries a door again so soon
SAME_HAPPENING = timedelta(hours=6)


class Urgency(StrEnum):
    """Message classes."""

    #: default: what the purchase itself has to say; quiet hours may shift it
    TRANSACTIONAL = "transactional"
    #: action needed today: passes quiet hours and digests
    CRITICAL = "critical"
    #: how far things have come; may be merged, and switched off by the customer
    INFORMATIVE = "informative"


class Told(StrEnum):
    """What may be told."""

    urgency: Urgency
    rung: int
    family: str

    def __new__(
        cls,
        code: str,
        urgency: Urgency = Urgency.TRANSACTIONAL,
        rung: int = 0,
        family: str = "",
    ) -> "Told":
        """Make one row of the table."""
        row = str.__new__(cls, code)
        row._value_ = code
        row.urgency, row.rung, row.family = urgency, rung, family or code
        return row

    __hash__ = str.__hash__  # it is a text and hashes as one, without a detour by its name

    ORDER_PLACED = "order_placed"
    PAYMENT_PROBLEM = ("payment_problem", Urgency.CRITICAL)
    BACKORDERED = "backordered"
    PARTIALLY_SHIPPED = ("partially_shipped", Urgency.INFORMATIVE, 1, "shipped")
    SHIPPED = ("shipped", Urgency.INFORMATIVE, 1, "shipped")
    FIRST_IN_TRANSIT = ("first_in_transit", Urgency.INFORMATIVE, 1)
    OUT_FOR_DELIVERY = ("out_for_delivery", Urgency.INFORMATIVE, 2)
    READY_FOR_PICKUP = ("ready_for_pickup", Urgency.TRANSACTIONAL, 3)
    PICKUP_REMINDER = ("pickup_reminder", Urgency.CRITICAL, 3)
    DELIVERED = ("delivered", Urgency.INFORMATIVE, 4)
    DELIVERY_ATTEMPT_FAILED = ("delivery_attempt_failed", Urgency.CRITICAL, 2)
    DELAYED = ("delayed", Urgency.TRANSACTIONAL, 2)
    ACTION_REQUIRED = ("action_required", Urgency.CRITICAL, 2)
    LOST_OR_DAMAGED = "lost_or_damaged"
    RETURNING_TO_SENDER = ("returning_to_sender", Urgency.TRANSACTIONAL, 4)
    CANCELLED = "cancelled"
    RETURN_STARTED = ("return_started", Urgency.TRANSACTIONAL, 1)
    RETURN_APPROVED = ("return_approved", Urgency.TRANSACTIONAL, 2)
    RETURN_RECEIVED = ("return_received", Urgency.INFORMATIVE, 3)
    REFUND_ISSUED = "refund_issued"
    EXCHANGE_SHIPPED = ("exchange_shipped", Urgency.INFORMATIVE)
    CORRECTION = ("correction", Urgency.CRITICAL)
    #: for systems: the order's word is another one, though no milestone above brought it about;
    #: made when the belief is stored, never by the fold
    STATUS_CHANGED = ("status_changed", Urgency.INFORMATIVE)


MilestoneKey = tuple[Told, str, str]  #: code, subject, revision


class Milestone(NamedTuple):
    """One happening worth telling, named for the order's whole life."""

    code: Told
    subject: str  #: "order", "parcel:<id>" or "return:<id>"
    revision: str  #: tells two happenings of one code and subject apart; from the content
    occurred_at: datetime  #: when it happened in the world (UTC)
    fact: str  #: id of the fact that brought it about
    #: revisions it would have if only its other witnesses had told of it, after midnight
    also: tuple[str, ...] = ()

    @property
    def key(self) -> MilestoneKey:
        """What makes this happening the same one, whoever tells of it and whenever."""
        return self[:3]


def day(moment: datetime) -> str:
    """Name the day of a moment; in UTC, so that the same moment has the same day everywhere."""
    return moment.astimezone(UTC).date().isoformat()
