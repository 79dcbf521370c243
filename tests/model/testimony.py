"""What providers testify, against what the hub has written down: who was told of an order, and how.

The providers' own records are the truth about what was told; the hub's notices must agree.
"""

from collections import Counter
from typing import Any

import orjson

from hub.store import held
from hub.store.tables import table
from hub.store.tables_of_notices import NoticeRow, OutboxRow
from state_machine.milestones import Told
from tests.model.far_end import Handed, Provider, Telling
from tests.model.life import Life

ENDED = {"suppressed", "held", "dead"}


class Testimony:
    """Hears the providers after each pass of the dispatcher."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()  #: how much each provider has told already
        self.allowed: Counter[Telling] = Counter()  #: second copies a person has chosen to risk

    def hears(self, life: Life) -> None:
        """What was told since the last time was right to tell, and was told once."""
        outbox, notices = life.rows(table(OutboxRow), table(NoticeRow))
        wrong = {_key(row) for row in outbox if row.milestone == Told.CORRECTION}
        news = {_happening(row) for row in outbox if row.silent is None} - wrong
        for provider in life.providers:
            for number in range(self.heard[provider.NAME], len(provider.handed)):
                earlier, one = provider.handed[:number], provider.handed[number]
                _to_the_right_one(one)
                _once(earlier, one, self._copies(provider, life, earlier, one))
                assert one.telling[:4] not in wrong, f"known to be wrong: {one.telling}"
                if provider is life.letters:
                    _never_backwards(earlier, one, wrong)
                    _not_overtaken(one, news)
                _corrects_what_was_told(earlier, one)
            self.heard[provider.NAME] = len(provider.handed)
        self._agrees(life, notices)

    def rests(self, life: Life) -> None:
        """Nothing is left to tell, and whoever was told what is wrong is told so."""
        outbox, notices = life.rows(table(OutboxRow), table(NoticeRow))
        assert [] == [row for row in outbox if row.planned_at is None]
        assert [] == [row for row in notices if row.state not in {"sent", *ENDED}]
        corrections = {row.id: _key(row) for row in outbox if row.milestone == Told.CORRECTION}
        corrected = {
            (*corrections[row.outbox_id], row.channel, row.recipient)
            for row in notices
            if row.outbox_id in corrections
        }
        told = {one.telling for provider in life.providers for one in provider.handed if one.taken}
        to_be = {one for one in told if one[:4] in set(corrections.values())}
        assert to_be <= corrected, f"never corrected: {to_be - corrected}"

    def second_chances(self, life: Life, *, again: bool) -> None:
        """A person looks through what is held."""
        rows = life.store.read_now(held.held)
        ids = [row["id"] for row in rows]
        if again:
            notices = {row.id: row for row in life.rows(table(NoticeRow))[0]}
            self.allowed.update(_telling(notices[one]) for one in ids)
            life.store.write_now(lambda c: held.resend(c, ids, life.now))
        else:
            life.store.write_now(lambda c: held.let_be(c, ids))

    def _copies(self, provider: Provider, life: Life, earlier: list[Handed], one: Handed) -> int:
        """How often the recipient may have it: once, and once more for each copy at one's risk."""
        if provider.deduplicates or life.settings.on_ambiguous == "resend":
            return 1 + sum(not other.answered for other in earlier if other.telling == one.telling)
        return 1 + self.allowed[one.telling]

    def _agrees(self, life: Life, notices: list[Any]) -> None:
        """The hub says *sent* of exactly what a provider has confirmed; else it says why not."""
        answered = {one.telling for each in life.providers for one in each.handed if one.answered}
        assert answered == {_telling(row) for row in notices if row.state == "sent"}
        assert [] == [row for row in notices if row.state in ENDED and not row.reason]


def _key(row: Any) -> tuple[str, ...]:
    """The telling that a correction takes back, whoever it was told to."""
    wrong = orjson.loads(row.change)["corrects"]
    return (row.order_id, wrong["subject"], wrong["milestone"], wrong["revision"])


def _happening(row: Any) -> tuple[str, ...]:
    return (row.order_id, row.subject, row.milestone, row.revision)


def _telling(row: Any) -> Telling:
    return (*_happening(row), row.channel, row.recipient)


def _to_the_right_one(one: Handed) -> None:
    shop, own = one.about["shop"], one.about["external_id"]
    if one.channel == "letters":
        assert one.to == f"{own}@{shop}.example"
    else:
        assert one.recipient in {"kassa", shop}


def _once(earlier: list[Handed], one: Handed, copies: int) -> None:
    """One telling, one key; and no copy that nobody has chosen to risk."""
    same = [other for other in earlier if other.telling == one.telling]
    assert {one.key} == {other.key for other in [*same, one]}
    assert [] == [other for other in earlier if other.key == one.key and other not in same]
    assert not any(other.answered for other in same), f"told again: {one.telling}"
    copied = sum(other.may_be_taken for other in [*same, one])
    assert copied <= copies, f"told again: {one.telling}"


def _never_backwards(earlier: list[Handed], one: Handed, wrong: set[tuple[str, ...]]) -> None:
    """Who knows a higher rung of a parcel or return hears no lower one, unless it was wrong."""
    for other in earlier if one.code.rung else ():
        same = (other.telling[:2], other.recipient) == (one.telling[:2], one.recipient)
        if same and other.taken and other.code.rung > one.code.rung:
            assert other.telling[:4] in wrong, f"{one.telling} after {other.telling}"


def _not_overtaken(one: Handed, news: set[tuple[str, ...]]) -> None:
    """Nobody is told of a rung when the hub knows of a higher one by then."""
    for order, subject, milestone, revision in news if one.code.rung else ():
        if (order, subject) == one.telling[:2] and Told(milestone).rung > one.code.rung:
            raise AssertionError(f"{one.telling} though {milestone} {revision} is known")


def _corrects_what_was_told(earlier: list[Handed], one: Handed) -> None:
    if one.corrects is not None:
        assert one.corrects in {other.telling for other in earlier}, f"never told: {one.corrects}"
