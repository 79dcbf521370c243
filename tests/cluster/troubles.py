"""What befalls a hub of many processes while it is told of orders, in an order that dice decide."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tests.cluster.topology import Topology
from tests.faults.oracle.clock import now

REDIS_AWAY = 10.0  #: seconds
STARTING = 20.0  #: seconds in which a process that finds no database may end
REBORN = (0.2, 3.0)  #: seconds after which somebody starts a killed process again


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """How much of everything."""

    rate: float  #: deliveries per second
    kills: int
    rebalances: int
    restarts: int  #: of PostgreSQL
    broker_away: float  #: seconds
    apart: tuple[float, float]  #: seconds between two troubles


# So many deliveries are a thousand facts a second: what two cores with all of it on them bear.
ALL = Troubles(rate=940.0, kills=20, rebalances=5, restarts=2, broker_away=60.0, apart=(6.0, 14.0))
PART = Troubles(rate=100.0, kills=5, rebalances=2, restarts=1, broker_away=10.0, apart=(2.0, 4.0))


@dataclass(slots=True)
class Storm:
    """Troubles that befall a topology, and what was away when."""

    topology: Topology
    dice: random.Random
    say: Callable[[str], None]
    outages: list[tuple[str, float, float]] = field(default_factory=list)
    _reborn: dict[int, float] = field(default_factory=dict)  #: which of the parts, and when
    _begun: dict[int, float] = field(default_factory=dict)  #: the same of the last start

    def weather(self, troubles: Troubles) -> None:
        """Let all of it happen, one after the other; whoever was killed is started again."""
        for number, trouble in enumerate(self._drawn(troubles), 1):
            self._wait(self.dice.uniform(*troubles.apart))
            self.say(f"  {number:2} {trouble()}")
        while self._reborn:
            self._wait(0.2)

    def _drawn(self, troubles: Troubles) -> list[Callable[[], str]]:
        drawn: list[Callable[[], str]] = [self._kill] * troubles.kills
        drawn += [self._join_or_leave] * troubles.rebalances
        drawn += [self._restart_postgresql] * troubles.restarts
        drawn += [self._flush_redis, self._stop_redis]
        drawn += [partial(self._stop_broker, troubles.broker_away)]
        self.dice.shuffle(drawn)
        return drawn

    def _wait(self, seconds: float) -> None:
        """Let time pass; nobody who lives may end in it, and the dead come back."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.topology.scheduler.stays_alive(min(left, 0.1))
            for which, when in [*self._reborn.items()]:
                if when <= time.monotonic():
                    del self._reborn[which]
                    self._launch(which)
            self._look_after_all()

    def _launch(self, which: int) -> None:
        self.topology.parts[which].launch()
        self._begun[which] = time.monotonic()

    def _look_after_all(self) -> None:
        """Nobody ends by himself, but who finds no database when he starts: he is started again."""
        for which, part in enumerate(self.topology.parts):
            if part.process is None or part.alive or which in self._reborn:
                continue
            said = part.log.read_text()[-2000:]
            assert "not reachable" in said, f"the {part.role} ended ({part.log}): {said}"
            lived = time.monotonic() - self._begun.get(which, 0.0)
            assert lived < STARTING, f"the {part.role} ended after {lived:.0f} s ({part.log})"
            self._reborn[which] = time.monotonic() + REBORN[0]

    def _kill(self) -> str:
        while not (there := [*self._killable()]):
            self._wait(0.2)
        which = self.dice.choice(there)
        part = self.topology.parts[which]
        part.kill()
        self._reborn[which] = time.monotonic() + self.dice.uniform(*REBORN)
        return f"kill -9 of a {part.role}"

    def _killable(self) -> Iterator[int]:
        for which, part in enumerate(self.topology.parts):
            if part.role in ("worker", "dispatcher") and part.alive and which not in self._reborn:
                yield which

    def _join_or_leave(self) -> str:
        third = self.topology.workers[2]
        which = self.topology.parts.index(third)
        self._reborn.pop(which, None)
        if third.process is None or not third.alive:
            self._launch(which)
            return "a third worker joins"
        third.wait_until_ready()
        code = third.stop()
        third.process = None
        assert code == 0, f"the third worker ended with {code}: {third.log.read_text()[-2000:]}"
        return "the third worker leaves"

    def _restart_postgresql(self) -> str:
        server = self.topology.postgresql
        return self._away("PostgreSQL", self.dice.uniform(1.0, 4.0), server.stop, server.start)

    def _stop_broker(self, seconds: float) -> str:
        broker = self.topology.broker
        return self._away("Kafka", seconds, broker.stop, broker.start)

    def _stop_redis(self) -> str:
        server = self.topology.valkey
        return self._away("Redis", REDIS_AWAY, server.stop, server.start)

    def _flush_redis(self) -> str:
        self.topology.valkey.flush()
        return "Redis forgot everything"

    def _away(
        self, what: str, seconds: float, stop: Callable[[], None], start: Callable[[], None]
    ) -> str:
        since = now()
        stop()
        self._wait(seconds)
        start()
        until = now()
        self.outages.append((what, since, until))
        return f"{what} was away for {until - since:.1f} s"
