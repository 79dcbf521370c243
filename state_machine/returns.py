"""How far a customer's return can come, and what may follow what.

Rules of this file: one row is one stage, ``after`` names the stages it may directly follow, longer
roads are compiled. A return may first be heard of at any stage. Reception (have the goods come
back?) and acceptance (do they qualify?) are two axes of their own, kept beside the stage.
"""

from enum import StrEnum

from state_machine.lifecycle import compile_roads


class ReturnStage(StrEnum):
    """How far a return has come."""

    step: int  #: settles ties between equal timestamps
    after: str  #: the stages this one may directly follow
    final: bool  #: the return is over

    def __new__(
        cls, code: str, step: int = 0, after: str = "", final: bool = False
    ) -> "ReturnStage":
        """Make one row of the table."""
        row = str.__new__(cls, code)
        row._value_ = code
        row.step, row.after, row.final = step, after, final
        return row

    __hash__ = str.__hash__  # it is a text and hashes as one, without a detour by its name

    #: the customer asked
    REQUESTED = ("requested", 1)
    #: the shop agreed
    APPROVED = ("approved", 2, "requested")
    #: the shop refused
    DECLINED = ("declined", 2, "requested", True)
    #: the return label is with the customer
    LABEL_ISSUED = ("label_issued", 3, "requested approved")
    #: the goods are on their way back
    IN_TRANSIT = ("in_transit", 4, "approved label_issued")
    #: the goods are at the returns desk
    RECEIVED = ("received", 5, "approved label_issued in_transit")
    #: each unit was accepted, rejected or set aside
    INSPECTED = ("inspected", 6, "received")
    #: the money is on its way
    REFUNDED = ("refunded", 7, "received inspected", True)
    #: the replacement is on its way
    EXCHANGED = ("exchanged", 7, "received inspected", True)
    #: nothing more will happen
    CLOSED = ("closed", 8, "declined inspected refunded exchanged", True)
    #: withdrawn before the goods came back
    CANCELLED = ("cancelled", 8, "requested approved label_issued", True)
    #: the goods never came
    EXPIRED = ("expired", 8, "requested approved label_issued", True)

    @property
    def goods_are_back(self) -> bool:
        """Whether reaching this stage means that the returns desk has the goods."""
        return self in GOODS_BACK


class Acceptance(StrEnum):
    """What the inspection said of a returned unit."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MANUAL = "manual"


GOODS_BACK = frozenset(
    {
        ReturnStage.RECEIVED,
        ReturnStage.INSPECTED,
        ReturnStage.REFUNDED,
        ReturnStage.EXCHANGED,
    }
)

NEXT, ROADS = compile_roads({stage: stage.after for stage in ReturnStage})
