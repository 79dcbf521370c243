"""The steps inside the hub's walls: it works, fails, ends and begins again; people decide."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model.far_end import Mood
from tests.model.machine import after, which
from tests.model.rules_outside import Outside

SPANS = [0.01, 0.5, 6, 48, 24 * 20]
LESSONS = ["reshelved", "beamed up", "a bug"]
WORDS = [f"INSERT INTO {table}" for table in ("timeline", "outbox", "parked", "belief")]
moods = st.sampled_from([Mood.WELL, *Mood])


class AnyLife(Outside):
    """Everything together."""

    @rule(batches=st.integers(1, 2))
    def it_works(self, batches: int) -> None:
        self.works(batches)
        self.goes_on("")

    @rule(who=st.integers(0, 1), mood=moods, stays=st.booleans(), then=after)
    def it_tells(self, who: int, mood: Mood, stays: bool, then: str) -> None:
        """One of the providers has changed its mood, and that may be the end of the process."""
        self.life.providers[who].mood = mood
        self.works()
        if not self.tells() and not stays:
            self.life.restart()
        self.goes_on(then)

    @rule(whole=st.booleans())
    def it_begins_again(self, whole: bool) -> None:
        self.life.restart() if whole else self.life.begin()
        self.goes_on("")

    @rule(span=st.sampled_from(SPANS), then=after)
    def time_passes(self, span: float, then: str) -> None:
        self.life.now += timedelta(hours=span)
        self.accept(self.life.watches())
        self.goes_on(then)

    @rule(again=st.booleans())
    def the_house_is_kept(self, again: bool) -> None:
        """What is old is listed or forgotten; or all that is kept is read again."""
        if not again:
            self.life.keeps_house()
            self.ledger.forget(self.life.now - timedelta(days=30))
        elif not self.ledger.gave_up:  # what was given up may come back in another raw
            self.life.reads_again()
            self.ledger.read_again()
        self.look()
        self.goes_on("")

    # --- it fails --------------------------------------------------------------------------------

    @rule(left=st.integers(0, 30), away=st.booleans(), ends=st.booleans())
    def it_fails_amid_a_batch(self, left: int, away: bool, ends: bool) -> None:
        self.life.trouble.left, self.life.trouble.away = left, away
        self.works()
        if ends:
            self.life.restart()
        self.life.trouble.mend()
        self.goes_on("")

    @rule(word=st.sampled_from(WORDS))
    def it_cannot_write_something(self, word: str) -> None:
        self.life.trouble.word = word
        self.works()
        self.life.trouble.mend()
        self.goes_on("")

    @rule(number=which)
    def a_delivery_cannot_be_made_durable(self, number: int) -> None:
        self.life.trouble.left, self.life.trouble.away = 0, True
        assert not self.life.hears([self.one(self.said, number)])
        self.life.trouble.mend()
        self.goes_on("")

    # --- people decide ---------------------------------------------------------------------------

    @rule(lesson=st.sampled_from(LESSONS), then=after)
    def a_connector_is_mended(self, lesson: str, then: str) -> None:
        self.life.learns(lesson)
        self.ledger.taught.add(lesson)
        self.goes_on(then)

    @rule(number=which, whose=which, then=after)
    def what_is_quarantined_is_put_back(self, number: int, whose: int, then: str) -> None:
        self.works()
        there = [(said, why) for said, why in self.ledger.held if not said.forgotten]
        if there:
            said, why = self.one(there, number)
            orders = self.ledger.claimants(said) if why == "ambiguous" else {}
            decided = {number: self.one(claim, whose) for number, claim in orders.items()}
            self.life.puts_back(self.ledger.log.index(said), decided)
            self.ledger.release(said, decided)
        self.goes_on(then)

    @rule(number=which, parked=st.booleans())
    def something_is_given_up(self, number: int, parked: bool) -> None:
        keys = sorted(key for key, waits in self.ledger.parked.items() if waits)
        if parked and keys:
            self.life.gives_up_parked(self.one(keys, number))
            self.ledger.give_up(self.one(keys, number))
        elif self.ledger.held and not parked:
            said, why = self.one(self.ledger.held, number)
            self.life.gives_up(self.ledger.log.index(said), why)
            self.ledger.held.remove((said, why))
        self.look()
        self.goes_on("")

    @rule(again=st.booleans())
    def held_letters_are_decided_on(self, again: bool) -> None:
        self.testimony.second_chances(self.life, again=again)
        self.goes_on("")
