"""Orders told of at a rate, by webhook and by topic, each delivery again until somebody has it."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from tests.faults.oracle.clock import pause
from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.stories import Life

TICK = 0.02  #: seconds between two looks at what is due
APART = 4.0  #: seconds on average between two deliveries of one order
AGAIN = 0.5  #: seconds until a sender without a 2xx tries again
MOST = 3000  #: deliveries at the door at once; beyond, nothing new is begun: nobody would hear it

#: sends (line, delivery's name, order, body) and says whether it was taken
Send = Callable[[int, str, str, bytes], Awaitable[bool]]


@dataclass(slots=True)
class Course:
    """One order on its way: what was planned, and how far it has come."""

    life: Life
    ways: tuple[str, ...]  #: per delivery: door or topic
    lines: list[int] = field(default_factory=list)
    done: int = 0


class Load:
    """Everything that is told of in one run."""

    def __init__(
        self, lives: Iterator[Life], ledger: Ledger, ways: dict[str, Send], dice: random.Random
    ) -> None:
        self._lives, self._ledger, self._ways, self._dice = lives, ledger, ways, dice
        self._resting: list[Course] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._under_way: Counter[str] = Counter()  #: deliveries by their way
        self.missed = 0  #: deliveries that were not begun when they were due
        self.taken: Counter[str] = Counter()  #: deliveries by their way

    def start(self, rate: float) -> None:
        """Begin to tell, so many deliveries per second."""
        self._ticking = asyncio.create_task(self._tick(rate))

    async def enough(self) -> None:
        """Begin nothing new; what has been begun of an order is not always its end."""
        assert self._ticking is not None
        self._ticking.cancel()
        await asyncio.wait([self._ticking])

    async def answered(self, seconds: float) -> bool:
        """Wait until everything that was sent has been taken; False if not in time."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        return not self._tasks

    async def _tick(self, rate: float) -> None:
        began, begun = monotonic(), 0
        while True:
            await pause(TICK)
            due = int((monotonic() - began) * rate) - begun
            begun += due
            for _ in range(due):
                if self._under_way["door"] >= MOST:
                    self.missed += 1
                else:
                    self._send_next(int(rate * APART))

    def _send_next(self, orders: int) -> None:
        if len(self._resting) < orders:
            course = self._begin(next(self._lives))
        else:
            here = self._dice.randrange(len(self._resting))
            self._resting[here], self._resting[-1] = self._resting[-1], self._resting[here]
            course = self._resting.pop()
        task = asyncio.create_task(self._send(course))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin(self, life: Life) -> Course:
        shop_by_topic = self._dice.random() < 0.4
        carrier_by_topic = self._dice.random() < 0.25
        ways = ["topic" if shop_by_topic else "door"] * min(2, len(life.deliveries))
        ways += ["topic" if carrier_by_topic else "door"] * (len(life.deliveries) - len(ways))
        return Course(life, tuple(ways))

    async def _send(self, course: Course) -> None:
        life = course.life
        if not course.lines:
            named = [(name_of(life, n), body) for n, body in enumerate(life.deliveries)]
            course.lines = await self._ledger.plan(life.order, named)
        number = life.sent[course.done]
        line, name, body = course.lines[number], name_of(life, number), life.deliveries[number]
        way = course.ways[number]
        self._under_way[way] += 1
        while not await self._ways[way](line, name, life.order, body):
            await pause(AGAIN)
        self._under_way[way] -= 1
        self.taken[way] += 1
        course.done += 1
        if course.done < len(life.sent):
            self._resting.append(course)


def name_of(life: Life, number: int) -> str:
    """Return the id a delivery has for its sender."""
    return f"msg_{life.order.replace(':', '_')}_{number}"
