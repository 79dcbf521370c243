"""Whether every record the broker sent has come through, partition by partition, and none twice.

Numbers may be missing in a partition for good reasons: what was compacted away, the ends of
transactions. So the hub notes what the broker really left out, and anything else that is missing
was lost between the broker and us. The database would go past it; nobody would ever read it again.
"""

from collections.abc import Mapping, Sequence

from hub.store.offsets import Place


class Lost(Exception):
    """A record the broker sent did not come through."""


class Sequences:
    """The partitions that are ours."""

    def __init__(self) -> None:
        """Begin with none."""
        self._next: dict[Place, int] = {}  #: the record that has to come through next
        self._sent: dict[Place, int] = {}  #: the record the broker has to send next
        self._left_out: dict[Place, dict[int, int]] = {}  #: a record -> the hole before

    def begin(self, starts: Mapping[Place, int]) -> None:
        """Begin anew with these partitions."""
        self._next, self._sent = dict(starts), dict(starts)
        self._left_out = {place: {} for place in starts}

    def fetched(self, place: Place, numbers: Sequence[int]) -> None:
        """Note what the broker sent of a partition."""
        if not numbers or place not in self._sent:
            return
        expected = self._sent[place]
        if numbers[0] != expected or numbers[-1] - expected != len(numbers) - 1:
            for number in numbers:
                if number > expected:
                    self._left_out[place][number] = expected
                expected = number + 1
        self._sent[place] = numbers[-1] + 1

    def follows(self, place: Place, number: int) -> bool:
        """Whether a record is one to take in; False: not ours, or it has come through before.

        Raises ``Lost`` when one before it is missing.
        """
        expected = self._next.get(place)
        if expected is None or number < expected:
            return False
        hole = self._left_out[place].pop(number, number)
        if number > expected and hole > expected:
            raise Lost(f"{place.topic}/{place.partition}: {expected} was sent and did not come")
        self._next[place] = number + 1
        return True
