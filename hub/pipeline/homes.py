"""Where the facts of one batch belong: to an order, to those that wait, or on a person's desk."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.contract import Contact
from hub.pipeline.recent import AtHand
from hub.store.belief import Known
from hub.store.inbox import Delivery
from hub.store.parcels import Claim
from hub.store.timeline import Arrival
from state_machine.events import Ordered, OrderKey


@dataclass(slots=True)
class Homes:
    """Where the facts of one batch belong."""

    known: dict[str, Known] = field(default_factory=dict)  #: stored beliefs of orders concerned
    at_hand: dict[str, AtHand] = field(default_factory=dict)  #: those of them worked on lately
    facts: dict[str, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[str, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    parked: list[tuple[str, Arrival]] = field(default_factory=list)
    parked_contacts: list[tuple[str, Contact, Delivery]] = field(default_factory=list)
    unparked: list[tuple[str, str]] = field(default_factory=list)  #: (key, fact) no longer waiting
    unparked_keys: set[str] = field(default_factory=set)
    woken: set[int] = field(default_factory=set)  #: raws whose waiting facts found an order
    #: what this batch names, by (number, order)
    claims: dict[tuple[str, str], Claim] = field(default_factory=dict)
    #: facts that may be about any of these orders
    ambiguous: list[tuple[Arrival, Sequence[str]]] = field(default_factory=list)
    stock: list[Arrival] = field(default_factory=list)

    def exists(self, order_id: str) -> bool:
        """Whether the order is known, from before or from this batch."""
        return order_id in self.known or any(
            isinstance(one.event.what, Ordered) for one in self.facts.get(order_id, ())
        )

    def wake(self, key: str, waited: Iterable[Arrival]) -> None:
        """Note that facts wait under ``key`` no longer."""
        for one in waited:
            self.unparked.append((key, one.event.id))
            self.woken.add(one.raw_id)


def order_id_of(key: OrderKey) -> str:
    """Return the hub's id of an order: ids carry their shop."""
    return f"{key.shop}:{key.external_id}"
