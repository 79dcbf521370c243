"""What can be in a parcel's way (exception axis), whose doing it is, and who must act.

Rules of this file: one row is one reason; ``blame`` and ``action_required`` are what holds when a
source says no more than the reason. A problem stands beside the stage and never moves it; it is
closed by progress after it, or by an explicit *resolved* fact.
"""

from enum import StrEnum


class Blame(StrEnum):
    """Whose doing a problem is."""

    CARRIER = "carrier"
    SHOP = "shop"
    RECIPIENT = "recipient"
    CUSTOMS = "customs"
    WEATHER = "weather"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """What is in the way."""

    blame: Blame
    action_required: bool  #: the recipient has to do something

    def __new__(
        cls, code: str, blame: Blame = Blame.UNKNOWN, action_required: bool = False
    ) -> "Reason":
        """Make one row of the table."""
        row = str.__new__(cls, code)
        row._value_ = code
        row.blame, row.action_required = blame, action_required
        return row

    ATTEMPT_FAILED = ("attempt_failed", Blame.RECIPIENT)
    DELAYED = ("delayed", Blame.CARRIER)
    CUSTOMS_HOLD = ("customs_hold", Blame.CUSTOMS)
    PAYMENT_HOLD = ("payment_hold", Blame.RECIPIENT, True)
    ADDRESS_PROBLEM = ("address_problem", Blame.RECIPIENT, True)
    ACTION_REQUIRED = ("action_required", Blame.RECIPIENT, True)
    REFUSED = ("refused", Blame.RECIPIENT)
    MISSED_PICKUP = ("missed_pickup", Blame.RECIPIENT)
    DAMAGED = ("damaged", Blame.CARRIER)
    MISSORTED = ("missorted", Blame.CARRIER)
    WEATHER = ("weather", Blame.WEATHER)
    DOCUMENTS_MISSING = ("documents_missing", Blame.SHOP)
    SECURITY_HOLD = ("security_hold", Blame.UNKNOWN)
    CARRIER_PROBLEM = ("carrier_problem", Blame.CARRIER)
    UNKNOWN_PROBLEM = ("unknown_problem", Blame.UNKNOWN)
