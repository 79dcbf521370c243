"""The whole of a hub on one machine: every engine and every role is a process of its own."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.kafka.broker import Broker, free_port, running
from tests.cluster.servers import PostgreSQL, Valkey, postgresql, valkey
from tests.faults.hub_process import HubProcess
from tests.faults.witness import Witness

RAW, CHANGES, RETAILER = "hub.raw", "hub.changes", "kauppa.tilaukset"
PARTITIONS = {RAW: 4, CHANGES: 4, RETAILER: 4}
READ = {name: PARTITIONS[name] for name in (RAW, RETAILER)}  #: by the hub
ORACLE = "tests.cluster.oracle"


@dataclass(slots=True)
class Topology:
    """Everything there is, and what may be killed of it."""

    folder: Path
    broker: Broker
    postgresql: PostgreSQL
    valkey: Valkey
    witness: Witness
    web: HubProcess
    workers: list[HubProcess]  #: two, and a third that comes and goes
    dispatchers: list[HubProcess]
    scheduler: HubProcess

    @property
    def parts(self) -> list[HubProcess]:
        """All processes of the hub."""
        return [self.web, *self.workers, *self.dispatchers, self.scheduler]

    def start(self) -> None:
        """Start the hub: two workers, two dispatchers, a web, a scheduler."""
        for part in self.parts:
            if part is not self.workers[2]:
                part.start()

    def stop(self) -> list[str]:
        """Stop the hub as an operator does; return who did not end well."""
        alive = [part for part in self.parts if part.alive]
        return [f"{part.role} ended with {code}" for part in alive if (code := part.stop())]


@contextmanager
def topology(folder: Path) -> Iterator[Topology]:
    """Run the engines and the oracle for a while; the hub's processes are ready to be started."""
    with ExitStack() as stack:
        broker = stack.enter_context(running(folder / "kafka"))
        broker.create(PARTITIONS)
        (folder / "postgresql").mkdir()
        database = stack.enter_context(postgresql(folder / "postgresql"))
        cache = stack.enter_context(valkey(folder))
        witness = stack.enter_context(Witness(ORACLE))
        settings = {
            "TILANNE_DATABASE_URL": database.url,
            "TILANNE_STREAM_URL": f"kafka://{broker.address}",
            "TILANNE_REDIS_URL": cache.url,
            "TILANNE_TOPICS": json.dumps({RETAILER: {"connector": "canonical"}}),
            **witness.settings("smtp", sinks=True),
        }
        port = cache.port

        def part(role: str, **more: str) -> HubProcess:
            nonlocal port
            port = free_port(port + 1)
            one = HubProcess(folder, role, port=port, **settings, **more)
            stack.callback(one.make_sure_it_is_gone)
            return one

        yield Topology(
            folder=folder,
            broker=broker,
            postgresql=database,
            valkey=cache,
            witness=witness,
            web=part("web"),
            # two keep their place in the group when they are killed; the third comes and goes
            workers=[
                *(part("worker", TILANNE_STREAM_MEMBER=f"worker-{n}") for n in (1, 2)),
                part("worker"),
            ],
            dispatchers=[part("dispatcher") for _ in range(2)],
            scheduler=part("scheduler"),
        )
