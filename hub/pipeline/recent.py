"""The orders worked on lately, kept at hand so that their next fact need not read them anew.

The database stays the authority, and only the writer's thread works here. A transaction takes
orders out, and they come back after it is committed; what a failed one took out is gone, and is
read from the database the next time. Where other processes write too, what was taken out counts
only if none of them has written the order since (``hub.store.belief.hold``).
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.store.belief import Known
from state_machine.fold import Fold

SIZE = 4096  #: orders; some 10 kB each


@dataclass(slots=True)
class AtHand:
    """One order as it was committed last."""

    known: Known
    fold: Fold  #: of its whole timeline


class Recent:
    """So many orders, the ones worked on last."""

    def __init__(self, size: int = SIZE) -> None:
        """``size``: how many orders at most; 0 keeps none."""
        self._size = size
        self._orders: OrderedDict[str, AtHand] = OrderedDict()

    def take(self, orders: Iterable[str]) -> dict[str, AtHand]:
        """Take out those of the orders that are at hand."""
        found = ((order, self._orders.pop(order, None)) for order in orders)
        return {order: one for order, one in found if one is not None}

    def keep(self, orders: Mapping[str, AtHand]) -> None:
        """Put orders back; call it when what they say is committed."""
        self._orders.update(orders)
        while len(self._orders) > self._size:
            self._orders.popitem(last=False)
