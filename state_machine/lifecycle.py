"""How far a parcel can come, and which scans may follow which.

Rules of this file:

1. Everything that decides whether a scan moves a parcel stands in this table; no other file does.
2. One row is one stage. ``after`` names the stages a scan may come from in one step; every longer
   road (a label that is next seen delivered) is compiled from the rows, so a missing scan in
   between never holds a parcel back.
3. A scan with no road from where the parcel stands changes nothing. The only roads that lead back
   are written as rows: out_for_delivery to in_transit (attempt failed) and ready_for_pickup to
   returning_to_sender (not collected). Out of delivered there is no road at all: only the
   retraction of the delivery opens it again.
4. Same scan, other meaning: ``MEANS`` says when a word of the carrier means another stage because
   of where the parcel stands.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class Stage(StrEnum):
    """How far a parcel has come (progress axis)."""

    step: int  #: orders the customer's progress bar and settles ties between equal timestamps
    after: str  #: the stages this one may directly follow
    final: bool  #: nothing is expected to come after it

    def __new__(cls, code: str, step: int = 0, after: str = "", final: bool = False) -> "Stage":
        """Make one row of the table; the defaults let ``Stage("delivered")`` look a row up."""
        row = str.__new__(cls, code)
        row._value_ = code
        row.step, row.after, row.final = step, after, final
        return row

    __hash__ = str.__hash__  # it is a text and hashes as one, without a detour by its name

    #: the label exists; the carrier does not have the parcel
    ANNOUNCED = ("announced", 1)
    #: the carrier has accepted it
    HANDED_OVER = ("handed_over", 2, "announced")
    #: it moves
    IN_TRANSIT = ("in_transit", 3, "announced handed_over out_for_delivery")
    #: on the vehicle for today
    OUT_FOR_DELIVERY = ("out_for_delivery", 4, "handed_over in_transit")
    #: waits at a pickup point, locker or store
    READY_FOR_PICKUP = ("ready_for_pickup", 4, "handed_over in_transit out_for_delivery")
    #: with the recipient
    DELIVERED = ("delivered", 5, "handed_over in_transit out_for_delivery ready_for_pickup", True)
    #: undeliverable, refused or not collected; on its way back
    RETURNING_TO_SENDER = (
        "returning_to_sender",
        5,
        "handed_over in_transit out_for_delivery ready_for_pickup",
    )
    #: back with the shop
    RETURNED_TO_SENDER = ("returned_to_sender", 6, "returning_to_sender", True)
    #: void before hand-over
    CANCELLED = ("cancelled", 6, "announced", True)
    #: will not arrive
    LOST = (
        "lost",
        6,
        "handed_over in_transit out_for_delivery ready_for_pickup returning_to_sender",
        True,
    )
    #: destroyed by the carrier; will not arrive
    DISPOSED = (
        "disposed",
        6,
        "handed_over in_transit out_for_delivery ready_for_pickup returning_to_sender",
        True,
    )

    @property
    def shipped(self) -> bool:
        """Whether the goods have left the shop: handed_over or later, unless void."""
        return self.step >= Stage.HANDED_OVER.step and self is not Stage.CANCELLED


class How(StrEnum):
    """In which way a parcel reached its recipient."""

    DOOR = "door"
    NEIGHBOUR = "neighbour"
    SIGNED = "signed"
    COLLECTED = "collected"
    SAFE_PLACE = "safe_place"
    MAILBOX = "mailbox"


#: (where the parcel stands, what was scanned) -> what it means there
MEANS: Mapping[tuple[Stage, Stage], Stage] = {
    (Stage.RETURNING_TO_SENDER, Stage.DELIVERED): Stage.RETURNED_TO_SENDER,
}


S = TypeVar("S", bound=StrEnum)


def compile_roads(
    rows: Mapping[S, str],
) -> tuple[dict[S, frozenset[S]], dict[S, frozenset[S]]]:
    """Compile the one-step moves and all longer roads from the ``after`` column.

    In: each stage with the names of the stages it may follow. Out: ``(next, roads)``, both from a
    stage to the stages it may lead to. Raises ``ValueError`` for a name that is no row.
    """
    kind = type(next(iter(rows)))
    step: dict[S, frozenset[S]] = {
        here: frozenset(row for row, after in rows.items() if here in map(kind, after.split()))
        for here in rows
    }
    roads: dict[S, frozenset[S]] = {}
    for here in rows:
        reached: set[S] = set()
        frontier = set(step[here])
        while frontier:
            reached |= frontier
            frontier = {far for near in frontier for far in step[near]} - reached
        roads[here] = frozenset(reached - {here})
    return step, roads


NEXT, ROADS = compile_roads({stage: stage.after for stage in Stage})
