"""A real Apache Kafka of one node, for as long as orders are to go through one."""

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.kafka.jars import HERE, jars, java
from deploy.kafka.secured import Secured

PATIENCE = 60.0  #: seconds a broker may take to be ready, or to stop
#: below the ports a system hands out: while a broker is down nobody else may get its port
PORTS = range(20_000, 32_000)
CLUSTER = "dGlsYW5uZS1vbmUtbm9kZQ"  #: any 16 bytes
MEMORY = ("-Xmx384m", "-Xms128m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")
#: a broker of one machine shares its cores: the second compiler would take half of one for a minute
COMPILER = "-XX:TieredStopAtLevel=1"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},SECURED://127.0.0.1:{secured},CONTROLLER://127.0.0.1:{control}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SECURED://127.0.0.1:{secured}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT
controller.quorum.voters=1@127.0.0.1:{control}
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


class Broker:
    """One broker on loopback; what it holds lies in ``folder`` and survives its restarts."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        """Make ready to start; ``port``: any free one if left out. Raises ``NoBroker``."""
        self._java, self._jars = java(), jars()
        self._folder = folder.resolve()
        self._folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self._control = free_port(self.port + 1)
        self.secured = Secured(free_port(self._control + 1), self._folder)
        self.log = self._folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start comes first"
        return self._process

    def start(self) -> None:
        """Start it, with what it holds already, and wait until it answers."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start it and go on."""
        data, properties = self._folder / "data", self._folder / "server.properties"
        ports = {"port": self.port, "control": self._control, "secured": self.secured.port}
        text = PROPERTIES.format(**ports, data=data) + self.secured.properties()
        properties.write_text(text)
        if not (data / "meta.properties").exists():
            words = ("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties))
            with self._run(*words, "--add-scram", self.secured.credentials) as formatting:
                said = formatting.wait(PATIENCE)
            assert said == 0, self.log.read_text()[-2000:]
        self._process = self._run("kafka.Kafka", str(properties))

    def wait_until_ready(self) -> None:
        """Wait until it answers; raise ``TimeoutError`` with the end of its log if it does not."""
        deadline = monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"the broker did not start:\n{self.log.read_text()[-2000:]}")
            Event().wait(0.1)

    def create(self, topics: Mapping[str, int]) -> None:
        """Create topics, each with so many partitions; those that are there stay as they are."""
        new = [NewTopic(name, partitions, 1) for name, partitions in topics.items()]
        admin = self._admin()
        for made in admin.create_topics(new).values() if new else ():
            try:
                made.result(PATIENCE)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise

    def delete(self, topics: Sequence[str]) -> None:
        """Delete topics with all that is in them."""
        admin = self._admin()
        for gone in admin.delete_topics([*topics]).values():
            gone.result(PATIENCE)

    def stop(self) -> None:
        """Stop it as an operator does."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As the kernel does it: nothing is flushed."""
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        if not listens(self.port):
            return False
        try:
            return bool(self._admin().list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def _run(self, *words: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [
                    self._java,
                    *MEMORY,
                    COMPILER,
                    f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
                    "-cp",
                    f"{self._jars}/*",
                    *words,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C is for whoever started it, who then stops it in order
            )


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[Broker]:
    """Run a broker for a while. Raises ``NoBroker`` if that is not possible here."""
    broker = Broker(folder, port)
    broker.launch()
    try:
        broker.wait_until_ready()
        yield broker
    finally:
        broker.stop()


def listens(port: int) -> bool:
    """Whether somebody on this machine listens on a port."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def free_port(first: int | None = None) -> int:
    """Return a port that nobody has, and that the system gives to nobody."""
    start = first if first in PORTS else PORTS[os.getpid() * 7 % 11_000]
    for port in range(start, PORTS.stop):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
