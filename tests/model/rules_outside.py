"""The steps that come from outside: what is told of orders, again, otherwise, too early."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from state_machine.events import Clarity, Key, OrderKey, Retracted, What
from tests.model import world_outside as outside
from tests.model.machine import Machine, after, which

emails = st.sampled_from(["known", "known", "not known", ""])  #: "": the customer is not stated
nonsense = st.sampled_from(["gibberish", "a bug", "reshelved", "reshelved", "beamed up"])


class Outside(Machine):
    """A shop, a carrier, a warehouse, and somebody who makes mistakes."""

    @rule(
        about=outside.order_keys,
        whats=st.tuples(outside.orders, st.none() | outside.links) | st.just(()),
        age=outside.lately,
        who=emails,
        then=after,
    )
    def an_order_is_stated(
        self, about: OrderKey, whats: tuple[What | None, ...], age: float, who: str, then: str
    ) -> None:
        facts = [self.fact(about, what, age) for what in whats if what]
        self.tell(*facts, stated=[(about, who)] if who else (), then=then)

    @rule(
        about=outside.order_keys,
        whats=st.lists(outside.of_orders, min_size=1, max_size=2),
        age=outside.ages,
        then=after,
    )
    def something_happens_to_it(
        self, about: OrderKey, whats: list[What], age: float, then: str
    ) -> None:
        self.tell(*(self.fact(about, what, age) for what in whats), then=then)

    @rule(about=outside.order_keys, what=outside.links, age=outside.lately, then=after)
    def a_parcel_is_named(self, about: OrderKey, what: What, age: float, then: str) -> None:
        self.tell(self.fact(about, what, age), then=then)

    @rule(of=outside.of_parcels, age=outside.ages, clarity=outside.clarities, then=after)
    def a_parcel_is_seen(
        self, of: tuple[Key, What], age: float, clarity: Clarity, then: str
    ) -> None:
        fact = replace(self.fact(*of, age), clarity=clarity)
        self.tell(replace(fact, id=f"{fact.id}:{clarity}"), then=then, source="carrier")

    @rule(road=outside.roads, age=outside.lately, then=after)
    def a_parcel_goes_its_way(self, road: tuple[Key, list[What]], age: float, then: str) -> None:
        about, scans = road
        facts = [self.fact(about, scan, age - n / 8) for n, scan in enumerate(scans)]
        self.tell(*facts, then=then, source="carrier")

    @rule(about=outside.goods, what=outside.of_goods, age=outside.ages, then=after)
    def goods_come_and_go(self, about: Key, what: What, age: float, then: str) -> None:
        self.tell(self.fact(about, what, age), then=then, source="warehouse")

    # --- the same again --------------------------------------------------------------------------

    @rule(number=which, times=st.integers(1, 3), then=after)
    def a_delivery_comes_again(self, number: int, times: int, then: str) -> None:
        said = self.one(self.said, number)
        self.deliver([said.again(self.life.now) for _ in range(times)], then=then)

    @rule(numbers=st.lists(which, min_size=1, max_size=3), other=st.booleans(), then=after)
    def facts_come_in_another_grouping(self, numbers: list[int], other: bool, then: str) -> None:
        """Perhaps from another system, which has its own names for them."""
        facts = [self.one(self.known, number) for number in numbers] if self.known else []
        if other:
            facts = [replace(fact, id=f"{fact.id}:as another says"[:255]) for fact in facts]
        self.tell(*facts, source="carrier" if other else "shop", then=then)

    @rule(number=which, other=which, then=after)
    def an_id_comes_with_another_body(self, number: int, other: int, then: str) -> None:
        said = self.one([one for one in self.said if one.source == "shop"], number)
        facts = [self.one(self.known, other)] if self.known else []
        self.deliver([self.message("shop", facts, key=said.key)], then=then)

    # --- what is wrong ---------------------------------------------------------------------------

    @rule(number=which, told=st.booleans(), age=outside.ages, then=after)
    def a_fact_is_taken_back(self, number: int, told: bool, age: float, then: str) -> None:
        """Any fact, or one of those somebody was told of."""
        facts = self.ledger.worth_telling() if told else self.known
        back = [self.one(facts, number)] if facts else []
        self.tell(*(self.fact(one.about, Retracted(fact=one.id), age) for one in back), then=then)

    @rule(of=outside.of_parcels, about=outside.order_keys, what=outside.of_orders, then=after)
    def facts_are_taken_back_before_they_are_told(
        self, of: tuple[Key, What], about: OrderKey, what: What, then: str
    ) -> None:
        facts = [self.fact(*of, 0), self.fact(about, what, 0)]
        self.known += facts
        self.tell(*(self.fact(one.about, Retracted(fact=one.id), 0) for one in facts), then=then)

    @rule(kind=nonsense, of=outside.of_parcels, number=which, then=after)
    def nonsense_comes(self, kind: str, of: tuple[Key, What], number: int, then: str) -> None:
        known = [self.one(self.known, number)] if self.known else []
        if kind == "gibberish":
            self.deliver([self.gibberish()], then=then)
        elif kind == "a bug":
            self.tell(bug=self.fact(*of, 0), source="carrier", then=then)
        else:
            self.tell(*known, unmapped=[(kind, self.fact(*of, 0))], source="carrier", then=then)
