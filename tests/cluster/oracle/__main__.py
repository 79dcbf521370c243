"""The oracle of a cluster: tells of orders at a rate and by two ways, and judges with a watch."""

import itertools
import random
from pathlib import Path
from typing import Any

import uvloop

from tests.cluster.oracle import topic
from tests.cluster.oracle.ledger import LedgerInMemory
from tests.cluster.oracle.load import Load
from tests.cluster.oracle.promptness import Outage, summary, waits
from tests.faults.oracle import model
from tests.faults.oracle.clock import now, pause
from tests.faults.oracle.database import Database
from tests.faults.oracle.judge import Case
from tests.faults.oracle.sender import Senders
from tests.faults.oracle.stories import lives
from tests.faults.oracle.witnessing import Oracle, serve

LOOK = 2.0  #: seconds between two looks at what is left
CONNECTIONS = 100  #: of all the shops and carriers together


class ClusterOracle(Oracle):
    """One run at a time, with a log that keeps the pace."""

    async def on_begin(  # type: ignore[override] # a cluster has more to be told of
        self,
        run: str,
        log: str,
        hub: str,
        database: str,
        seed: str,
        broker: str,
        topics: dict[str, int],
        own_topic: str,
    ) -> None:
        """Begin a run; ``own_topic`` is the retailer's, ``topics`` are all that the hub reads."""
        await self.close()
        self._ledger = LedgerInMemory(Path(log))
        self._senders = senders = Senders(hub, self._ledger, connections=CONNECTIONS)
        self._topic = own = topic.Topic(broker, own_topic, self._ledger)
        self._database, self._broker, self._topics = Database(database), broker, topics
        told = itertools.chain.from_iterable(
            lives("road", run, range(n, n + 1), seed) for n in itertools.count()
        )
        ways = {
            "door": lambda line, name, _order, body: senders.send(line, name, body),
            "topic": lambda line, _name, order, body: own.send(line, order, body),
        }
        self._telling = Load(told, self._ledger, ways, random.Random(seed))

    async def on_load(self, orders_per_second: float) -> None:
        """Begin to tell, at so many deliveries per second."""
        self._telling.start(orders_per_second)
        self._began = now()

    async def on_enough(self) -> None:
        """Begin nothing new any more."""
        await self._telling.enough()
        self._ended = now()

    async def on_answered(self, seconds: float) -> dict[str, Any]:
        """Wait until every delivery that was sent has been taken."""
        return {"holds": await self._telling.answered(seconds)}

    async def on_progress(self) -> dict[str, Any]:
        """Say how much was accepted and told so far."""
        return {
            name: self.ledger.rows(query)[0][0]
            for name, query in {
                "accepted": "SELECT count(*) FROM sending WHERE status BETWEEN 200 AND 299",
                "tries": "SELECT count(*) FROM sending WHERE status >= 0",
                "posts": "SELECT count(*) FROM post",
                "letters": "SELECT count(*) FROM letter",
            }.items()
        } | {"missed": self._telling.missed}

    async def on_settled(self, seconds: float) -> dict[str, Any]:
        """Wait until nothing is left to read, to plan or to tell, as long as that changes."""
        ends = topic.ends(self._broker, self._topics)
        left, least, since = self._left(ends), [-1], now()
        while any(left) and now() - since < seconds:
            await pause(LOOK)  # to count what is left is work for the database, too
            left = self._left(ends)
            if left != least:
                least, since = left, now()
        return {"holds": not any(left), "left": left}

    async def on_judged(self, outages: list[tuple[str, float, float]]) -> dict[str, Any]:
        """Judge the run; the watch stands still in the outages."""
        self._database.count_anew()
        case = Case(self.ledger, self._database, "hold", True, False)
        found = self.judged(case)
        said = [fact for _, _, body, n in case.answered for fact in model.fact_ids(body) * n]
        seconds = self._ended - self._began
        return (
            found
            | summary(list(waits(case, [Outage(*one) for one in outages])))
            | {
                "facts": len(set(said)),
                "said": len(said),
                **{f"by_{way}": number for way, number in self._telling.taken.items()},
                "seconds": seconds,
                "facts_per_s": round(len(said) / seconds, 1),
            }
        )

    def _left(self, ends: dict[tuple[str, int], int]) -> list[int]:
        """What nobody has read yet of the topics, and what the database knows to be left."""
        rows = self._database.rows("SELECT topic, partition, next_offset FROM stream_offset")
        read = {(name, number): offset for name, number, offset in rows}
        unread = sum(max(0, end - read.get(place, 0)) for place, end in ends.items())
        return [unread, *self._database.left()]

    async def close(self) -> None:
        """End the run."""
        if self._senders is not None:
            self._topic.close()
        await super().close()


uvloop.run(serve(ClusterOracle()))  # at the pace of a cluster
