"""The model: what a hub must hold true of its orders, kept in plain dictionaries.

It reads what was said in the order it became durable, commit by commit, and knows of each raw what
became of it, of each order its facts, and of each fact without an order where it waits. It shares
with the hub what a fact is and what facts add up to (the fold is proven elsewhere), and no line of
the pipeline.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from state_machine.events import Event, Ordered, OrderKey, ParcelKey, Retracted, StockKey
from tests.model.books import Books, Facts
from tests.model.homes import (
    Claims,
    Shelf,
    concerns,
    key_of,
    named,
    order_of,
    share,
    shop_of,
    waits_for,
)
from tests.model.said import Said

Told = tuple[Said, Event]


@dataclass
class Ledger(Books):
    """What is true after everything that was committed."""

    log: list[Said] = field(default_factory=list)  #: accepted, in the order it became durable
    read: int = 0  #: how many of them the hub has dealt with
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: dict[tuple[str, str, str], Said] = field(default_factory=dict)

    gave_up: bool = False  #: facts were given up that other raws may tell, too
    claims: Claims = field(default_factory=Claims)
    shelf: Shelf = field(default_factory=Shelf)

    # --- what comes in ---------------------------------------------------------------------------

    def accept(self, *said: Said) -> None:
        """They are durable: whoever sent them was told so."""
        self.log += said
        self.accepted.update((one.connector, one.source) for one in said)

    def commit(self, count: int, *, aside: bool) -> None:
        """The hub has dealt with the next raws, in one transaction.

        ``aside``: it failed at the one raw by a fault of its own; the raw's key stays free.
        """
        batch = self.log[self.read : self.read + count]
        self.read += count
        if aside or (count == 1 and batch[0].breaks(self.taught)):
            self._hold(batch[0], "error")
        else:
            self._take([one for one in batch if self._is_new(one)])

    def claimants(self, said: Said) -> dict[str, list[str]]:
        """Between which orders a person can choose, for each number that several claim."""
        facts = said.facts(self.taught)
        numbers = {fact.about.number for fact in facts if isinstance(fact.about, ParcelKey)}
        return {n: sorted(self.claims.to[n]) for n in numbers if len(self.claims.to[n]) > 1}

    def release(self, said: Said, decided: Mapping[str, str]) -> None:
        """A person puts a raw back at the end of the log, as if it had just come.

        ``decided``: tracking number -> the order that it belongs to.
        """
        said.decided |= {number: OrderKey(*order.split(":")) for number, order in decided.items()}
        self.held = [one for one in self.held if one[0] is not said]
        self.log.remove(said)
        self.log.append(said)
        self.read -= 1
        if self.keys.get(said.name) is said:
            del self.keys[said.name]
        for key, name in said.waits:
            del self.parked[key][name]
        said.waits.clear()
        said.outcome = ""

    def give_up(self, key: str) -> None:
        """A person gives up what waits under a key; a raw of which nothing else waits has ended."""
        self.gave_up = True
        for name, (said, _) in self.parked.pop(key).items():
            said.waits.discard((key, name))
            if said.outcome == "parked" and not said.waits:
                said.outcome = "quarantined"

    def read_again(self) -> None:
        """What repeated a fact that nobody can place by now is not known any more, either."""
        for said in self.log[: self.read]:
            own = said.outcome == "duplicate" and self.keys.get(said.name) is said
            facts = said.facts(self.taught) if own and not said.forgotten else []
            numbered = [fact for fact in facts if isinstance(fact.about, ParcelKey)]
            unclear = {key_of(fact) for fact in numbered if self._home({}, fact) is None}
            if unclear:
                self._hold(said, *["ambiguous"] * len(unclear))

    def forget(self, before: datetime) -> None:
        """The bytes go of what came before, once nobody will want them."""
        undecided = {said for said, _ in self.held}
        for said in self.log[: self.read]:
            said.forgotten |= said.at < before and said not in undecided

    def _is_new(self, said: Said) -> bool:
        first = self.keys.setdefault(said.name, said)
        if first is not said and first.body == said.body:
            said.outcome = "duplicate"
        elif first is not said:
            self._hold(said, "conflict")
        return first is said

    # --- where it belongs ------------------------------------------------------------------------

    def _take(self, fresh: Sequence[Said]) -> None:
        waited = {order: waits_for(belief) for order, belief in self.beliefs.items()}
        told = [(said, fact) for said in fresh for fact in said.facts(self.taught)]
        new: dict[str, Facts] = defaultdict(dict)  #: per order, what this commit adds to it
        self._place_by_order(new, fresh, told)
        unclear = self._place_by_number(new, told)
        self._place_by_goods(new, [fact for _, fact in told], waited)
        for order, added in new.items():
            self.timeline[order] |= added
        self._settle(fresh, {name for added in new.values() for name in added})
        for said in [said for said, _ in {(s, key_of(fact)): fact for s, fact in unclear}]:
            self._hold(said, "ambiguous")
        self._believe([order for order, added in new.items() if added])

    def _place_by_order(
        self, new: dict[str, Facts], fresh: Sequence[Said], told: Sequence[Told]
    ) -> None:
        """An order exists once somebody says what was ordered; until then its facts wait."""
        stated = {order_of(f.about) for _, f in told if isinstance(f.what, Ordered)}
        for said in fresh:
            for about, at in said.stated:
                if order_of(about) not in stated | self.beliefs.keys():
                    self._park(said, f"order:{order_of(about)}", f"contact:{at.isoformat()}", None)
        for said, fact in told:
            if not isinstance(fact.about, OrderKey):
                continue
            if (order := order_of(fact.about)) in stated | self.beliefs.keys():
                self._add(new, order, fact)
            else:
                self._park(said, key_of(fact), fact.id, fact)
        for order in stated:
            for name in list(self.parked[f"order:{order}"]):
                if fact := self._unpark(f"order:{order}", name):
                    self._add(new, order, fact)

    def _place_by_number(self, new: dict[str, Facts], told: Sequence[Told]) -> list[Told]:
        """A carrier's fact finds whoever claims its number; return those that find several."""
        keys = [f"parcel:{number}" for number in self._claim(new)]
        waited = [(said, f) for key in keys for said, f in self.parked[key].values() if f]
        unclear = []
        for said, fact in [*told, *waited]:
            if not isinstance(fact.about, ParcelKey):
                continue
            orders = self._home(new, fact)
            for order in orders or ():
                self._add(new, order, fact)
            if orders is None:
                unclear.append((said, fact))
            if orders == []:
                self._park(said, key_of(fact), fact.id, fact)
            elif (said, fact) in waited:
                self._unpark(key_of(fact), fact.id)
        return unclear

    def _claim(self, new: dict[str, Facts]) -> set[str]:
        """Note the numbers that orders name now; who joins a parcel late hears what was said."""
        claims = [
            (ref.number or "", order, ref, at)
            for order, facts in new.items()
            for ref, at in named(facts.values())
        ]
        known = {number: set(self.claims.to[number]) for number, *_ in claims}
        for _, order, ref, at in claims:
            self.claims.make(order, ref, at)
        for number, order, *_ in claims:
            for other in known[number] if order not in known[number] else ():
                for fact in self.timeline[other].values():
                    if isinstance(fact.about, ParcelKey) and fact.about.number == number:
                        meant = self.claims.meant(fact)
                        if order in {claim.order for claim in meant} and share(meant):
                            self._add(new, order, fact)
        return set(known)

    def _home(self, new: dict[str, Facts], fact: Event) -> list[str] | None:
        """The orders that a carrier's fact speaks of; None: nobody can say which.

        Where several claim the number, what has a home keeps it, and what takes a fact back
        belongs where that fact is.
        """
        assert isinstance(fact.about, ParcelKey)
        claims = self.claims.to[fact.about.number]
        meant = self.claims.meant(fact)
        if len(claims) == len(meant) == 1:
            return [*claims]
        for name in (fact.id, fact.what.fact if isinstance(fact.what, Retracted) else ""):
            if home := [o for o in claims if name in {**self.timeline[o], **new.get(o, {})}]:
                return home
        if len(meant) < 2 or share(meant):
            return [claim.order for claim in meant]
        return None

    def _place_by_goods(
        self, new: dict[str, Facts], told: Iterable[Event], waited: dict[str, set[str]]
    ) -> None:
        """Goods concern the orders that wait for them; what stands of them, orders born later."""
        goods = [fact for fact in told if isinstance(fact.about, StockKey)]
        for fact in sorted(goods, key=lambda fact: isinstance(fact.what, Retracted)):
            self.shelf.keep(fact)
            for order, skus in waited.items():
                if concerns(fact, shop_of(order), skus):
                    self._add(new, order, fact)
        for order in [order for order in new if order not in self.beliefs]:
            stated = [fact.what for fact in new[order].values() if isinstance(fact.what, Ordered)]
            skus = {line.sku for what in stated for line in what.lines if line.sku}
            for fact in self.shelf.standing(shop_of(order), skus):
                self._add(new, order, fact)
