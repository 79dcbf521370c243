"""Whether every record the broker sent has come through, partition by partition, and none twice.

Numbers may be missing in a partition for good reasons: what was compacted away, the ends of
transactions. So the hub notes what the broker really left out, asked from where the last answer
ended, and anything else that is missing was lost between the broker and us. The database would go
past it; nobody would ever read it again.
"""

from collections.abc import Mapping, Sequence

from hub.store.offsets import Place


class Lost(Exception):
    """A record the broker sent, or had to send, did not come through."""


class Sequences:
    """The partitions that are ours."""

    def __init__(self) -> None:
        """Begin with none."""
        self._next: dict[Place, int] = {}  #: the record that has to come through next
        self._sent: dict[Place, int] = {}  #: the one after the last the broker sent
        self._asked: dict[Place, int] = {}  #: from where it has to be asked next
        self._left_out: dict[Place, dict[int, int]] = {}  #: a record -> the hole before

    def begin(self, starts: Mapping[Place, int]) -> None:
        """Begin anew with these partitions."""
        self._next, self._sent, self._asked = dict(starts), dict(starts), dict(starts)
        self._left_out = {place: {} for place in starts}

    def fetched(self, place: Place, asked: int, numbers: Sequence[int], reached: int) -> None:
        """Note what the broker sent of a partition, asked from where to where.

        Raises ``Lost`` when that does not go on where the last answer ended; nothing of the
        partition comes through then until it is begun anew.
        """
        if place not in self._next:
            return
        wanted, first = self._asked[place], numbers[0] if numbers else reached
        if asked != wanted or first < asked:
            del self._next[place]
            raise Lost(f"{_name(place)}: {wanted} was to come, {first} came, from {asked}")
        expected, self._asked[place] = self._sent[place], reached
        if not numbers:  # the end of a transaction
            return
        if first != expected or numbers[-1] - expected != len(numbers) - 1:
            for number in numbers:
                if number > expected:
                    self._left_out[place][number] = expected
                expected = number + 1
        self._sent[place] = numbers[-1] + 1

    def beyond(self, place: Place, moved: int) -> int:
        """Return from where there may be more, for whoever has dealt with all up to ``moved``."""
        return self._asked[place] if self._sent.get(place) == moved else moved

    def follows(self, place: Place, number: int) -> int | None:
        """Return what a record to be taken in follows: the first number that is not before it.

        None: it is not ours, or it has come through before. Raises ``Lost`` when one before it is
        missing.
        """
        expected = self._next.get(place)
        if expected is None or number < expected:
            return None
        hole = self._left_out[place].pop(number, number)
        if hole > expected:
            raise Lost(f"{_name(place)}: {expected} was sent and did not come")
        self._next[place] = number + 1
        return hole


def _name(place: Place) -> str:
    return f"{place.topic}/{place.partition}"
