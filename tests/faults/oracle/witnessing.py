"""What the oracle does for whoever asks: tells a hub of orders, hears what it tells, judges it."""

import asyncio
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.faults.oracle import carriers, mailserver, partner, till
from tests.faults.oracle.clock import pause, until
from tests.faults.oracle.database import Database
from tests.faults.oracle.judge import SINKS, Case, judge
from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.sender import Senders
from tests.faults.oracle.stories import lives
from tests.faults.oracle.traps import Traps

FORBIDDEN = {"hub", "connectors", "state_machine"}


class Oracle:
    """One run after the other, each with a log of its own."""

    def __init__(self) -> None:
        self._traps = Traps()
        self._ledger: Ledger | None = None
        self._senders: Senders | None = None
        self._load: asyncio.Task[None] | None = None
        self._doors: dict[str, int] = {}

    @property
    def ledger(self) -> Ledger:
        assert self._ledger is not None, "begin comes first"
        return self._ledger

    @property
    def senders(self) -> Senders:
        assert self._senders is not None, "begin comes first"
        return self._senders

    async def open(self) -> dict[str, Any]:
        """Open the servers; say what the hub has to be told of them."""
        post = mailserver.Post(lambda: self.ledger, self._traps)
        self._doors = {
            "smtp": await mailserver.serve(post, self._traps),
            "narrow": await mailserver.serve(post, self._traps, narrow=True),
            "http": await partner.serve(partner.Partner(lambda: self.ledger, self._traps)),
        }
        self._carriers = carriers.Carriers(lambda: self.ledger, self._traps)
        self._till = till.Till()
        sinks = [
            {"name": name, "secret": partner.SECRET, "shops": shops and sorted(shops)}
            | {"url": f"http://127.0.0.1:{self._doors['http']}/{name}"}
            for name, shops in SINKS.items()
        ]
        return {
            "smtp": self._doors["smtp"],
            "narrow": self._doors["narrow"],
            "sinks": sinks,
            "tills": till.sinks(SINKS),
            "carriers": await self._carriers.serve(),
        }

    async def close(self) -> None:
        """End the run."""
        if self._senders is not None:
            await self._senders.close()
            self.ledger.close()

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        """Do what one line asks for."""
        work: Callable[..., Any] = getattr(self, f"on_{command.pop('do')}")
        return await work(**command) or {}

    async def on_begin(self, run: str, log: str, hub: str, database: str, seed: str) -> None:
        """Begin a run: an empty log, a hub's address, its database."""
        await self.close()
        self._traps.clear()
        self._ledger = Ledger(Path(log))
        self._senders = Senders(hub, self._ledger)
        self._database, self._run, self._seed = Database(database), run, seed
        self._till.begin(hub)
        self._told = 0

    async def on_tell(self, story: str, orders: int) -> None:
        """Begin to tell of some orders; whoever gets no 2xx tells again."""
        for one in lives(story, self._run, range(self._told, self._told + orders), self._seed):
            self.senders.tell(one)
        self._told += orders

    async def on_load(self, orders_per_second: float) -> None:
        """Begin to tell of ever new orders, until ``enough``."""
        self._load = asyncio.create_task(self._ever_new(orders_per_second))

    async def on_enough(self) -> None:
        """Tell of no new orders any more."""
        assert self._load is not None
        self._load.cancel()

    async def on_trap(self, phase: str, pid: int) -> None:
        """Kill a process at a phase of the far end."""
        self._traps.kill_at(phase, pid)

    async def on_devices(self, carrier: str) -> dict[str, Any]:
        """Say where the customers told of so far are reached by a carrier, other than by phone."""
        names = {name for (name,) in self.ledger.rows("SELECT DISTINCT story FROM delivery")}
        return {"devices": {name: self._carriers.address(carrier, name) for name in names}}

    async def on_report(self) -> None:
        """Begin to report, as providers do until they are answered, that a number is none."""
        self.senders.begin(carriers.report(self.senders.hub, self.ledger))

    async def on_fetch(self) -> None:
        """Fetch, as tills do, what is laid out for them."""
        for sink in SINKS:
            await self._till.fetch(sink, self.ledger)

    async def on_stick(self) -> None:
        """Answer no letter and no post from now on."""
        self._traps.stick()

    async def on_let_go(self) -> None:
        """Answer again."""
        self._traps.let_go()

    async def on_crowd(self, size: int) -> dict[str, Any]:
        """Wait until so many senders wait for an answer at once."""
        count = "SELECT count(*) FROM sending WHERE ended_at IS NULL"
        return {"holds": await until(lambda: self.ledger.rows(count)[0][0] >= size, 30)}

    async def on_under_way(self) -> dict[str, Any]:
        """Wait until a letter or a post has come in."""
        count = "SELECT (SELECT count(*) FROM letter) + (SELECT count(*) FROM post)"
        return {"holds": await until(lambda: self.ledger.rows(count) != [(0,)], 30)}

    async def on_answered(self, seconds: float) -> dict[str, Any]:
        """Wait until every delivery has its 2xx."""
        return {"holds": await self.senders.all_answered(seconds)}

    async def on_settled(self, seconds: float) -> dict[str, Any]:
        """Wait until the hub has nothing left to do, as long as that grows less in ``seconds``."""
        left, before = self._database.left(), [-1]
        while any(left) and left != before:
            before = left
            await until(lambda was=before: self._database.left() != was, seconds)
            left = self._database.left()
        return {"holds": not any(left), "left": left}

    async def on_judge(self, policy: str, *, sinks: bool, forgotten: bool) -> dict[str, Any]:
        """Judge the run."""
        return self.judged(Case(self.ledger, self._database, policy, sinks, forgotten))

    def judged(self, case: Case) -> dict[str, Any]:
        """Judge a case, as a stranger to the hub."""
        shared = FORBIDDEN & {name.partition(".")[0] for name in sys.modules}
        assert not shared, f"the oracle shares code with the hub: {shared}"
        return judge(case) | {"refused": self.senders.refused}

    async def _ever_new(self, orders_per_second: float) -> None:
        dice = random.Random(self._seed)
        while True:
            await self.on_tell("load", 1)
            await pause(dice.expovariate(orders_per_second))


def lines() -> Iterator[str]:
    """Read standard input until it is closed: whoever began the oracle has ended."""
    while line := sys.stdin.readline():
        yield line


async def serve(oracle: Oracle) -> None:
    """Open the oracle and obey until standard input ends."""
    source = lines()
    print(json.dumps(await oracle.open()), flush=True)  # noqa: T201 - the answer
    while (line := await asyncio.to_thread(next, source, None)) is not None:
        print(json.dumps(await oracle.do(json.loads(line))), flush=True)  # noqa: T201
    await oracle.close()
