"""The same orders over TLS, by name: the door writes, a worker reads, and nobody else does."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from deploy.kafka.broker import Broker, free_port
from deploy.kafka.secured import USER, chain
from tests.faults.facts import STEPS, fact
from tests.faults.hub_process import HubProcess, wait_for

RAW, RETAILER = "hub.raw", "kauppa.tilaukset"
MECHANISMS = ("SCRAM-SHA-512", "PLAIN")
EACH = 4  #: orders by each way
ORDERS = EACH * (len(MECHANISMS) + 1)  #: by two doors, and by topic
GIVEN_UP = 99  #: an order of a transaction that never came to pass


class Hub(HubProcess):
    """A whole hub on SQLite whose only way to the broker is the secured one."""

    def __init__(self, folder: Path, broker: Broker, port: int, **more: str) -> None:
        folder.mkdir()
        topics = json.dumps({RETAILER: {"connector": "canonical"}})
        told = {"TILANNE_TOPICS": topics, "TILANNE_STREAM_PATIENCE": "10"}
        super().__init__(folder, port=port, **{**told, **broker.secured.settings(), **more})
        self._database = folder / "hub.db"

    def one(self, sql: str) -> Any:
        with closing(sqlite3.connect(self._database)) as database:
            return database.execute(sql).fetchone()[0]

    def kafka(self) -> tuple[int, str, str]:
        """What readiness says of the broker: the status, what is found, what helps."""
        status, body = self.ask("/health/ready")
        (one,) = (check for check in json.loads(body)["checks"] if check["what"] == "kafka")
        return status, one["found"], one["remedy"]


def secured(folder: Path, broker: Broker, say: Callable[[str], None]) -> list[str]:
    """Go through it with topics that are empty; return what is wrong."""
    broker.delete([RAW, RETAILER])
    broker.create({RAW: 2, RETAILER: 2})
    with ExitStack() as stack:
        hubs = [stack.enter_context(_running(hub)) for hub in _hubs(folder, broker)]
        *friends, stranger, doubter = hubs
        wrong = [
            *_carried(friends, broker),
            *_refused(stranger, "the broker refuses the user name or the password", "_PASSWORD"),
            *_refused(doubter, "the broker's certificate is not trusted: ", "_CA"),
        ]
        wrong += [f"{hub.log}: ended badly" for hub in hubs if hub.stop() != 0]
    say(f"over TLS by {' and '.join(MECHANISMS)}; refused twice: {len(wrong)} things wrong")
    return wrong


def _hubs(folder: Path, broker: Broker) -> Iterator[Hub]:
    other = folder / "another-authority.pem"
    chain(other)
    port = broker.secured.port
    for name, more in (
        *((one, {"MECHANISM": one, "GROUP": one}) for one in MECHANISMS),
        ("stranger", {"PASSWORD": "not the password"}),
        ("doubter", {"CA": str(other)}),
    ):
        port = free_port(port + 1)
        own = {f"TILANNE_STREAM_{setting}": value for setting, value in more.items()}
        yield Hub(folder / name, broker, port, **own)


@contextmanager
def _running(hub: Hub) -> Iterator[Hub]:
    hub.launch()
    try:
        yield hub
    finally:
        hub.make_sure_it_is_gone()


def _carried(hubs: list[Hub], broker: Broker) -> Iterator[str]:
    """Orders through the doors and by topic: every hub reads all of them."""
    for number, hub in enumerate(hubs):
        hub.wait_until_ready()
        wait_for(lambda hub=hub: hub.kafka()[1] == "2 topics", f"the broker; {hub.log}")
        for order in range(EACH):
            status = hub.deliver(fact(number * EACH + order, STEPS[0]))
            if status != 202:
                yield f"{hub.log}: the door answered {status}"
    _produce(broker, range(len(hubs) * EACH, ORDERS))
    counted = "SELECT count(*) FROM belief"
    by_door = "SELECT count(*) FROM raw WHERE origin LIKE 'hub.raw/%'"
    for hub in hubs:
        wait_for(lambda hub=hub: hub.one(counted) >= ORDERS, f"all orders; {hub.log}")
        found = (hub.one(counted), hub.one(by_door))
        if found != (ORDERS, ORDERS - EACH):
            yield f"{hub.log}: {found[0]} orders, {found[1]} deliveries by the topic of the door"
        if b"tilanne_stream_restarts_total{" in hub.ask("/metrics")[1]:
            yield f"{hub.log}: the consumer was started anew"


def _produce(broker: Broker, orders: range) -> None:
    """Tell of orders in a transaction each, and of one in a transaction that is given up."""
    how = {"security.protocol": "SASL_SSL", "sasl.mechanism": MECHANISMS[0], "sasl.username": USER}
    how |= {"sasl.password": broker.secured.password, "transactional.id": "kauppa"}
    how |= {"ssl.ca.location": str(broker.secured.authority)}
    producer = Producer({"bootstrap.servers": broker.secured.address, "log_level": 0, **how})
    producer.init_transactions(30)
    for order in (orders[0], GIVEN_UP, *orders[1:]):
        producer.begin_transaction()
        producer.produce(RETAILER, fact(order, STEPS[0]), partition=order % 2)
        producer.flush(30)
        if order == GIVEN_UP:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)


def _refused(hub: Hub, found: str, remedy: str) -> Iterator[str]:
    """The door is open all the same, and it is said what is wrong, and what helps."""
    hub.wait_until_ready()
    said = hub.kafka()
    if said[0] != 200 or not said[1].startswith(found) or remedy not in said[2]:
        yield f"{hub.log}: readiness says {said}"
    if (status := hub.deliver(fact(1, STEPS[0]))) != 202:
        yield f"{hub.log}: the door answered {status}"
    at = hub.environment["TILANNE_STREAM_URL"].partition("://")[2]
    wait_for(lambda: f"{at}: {found}" in hub.log.read_text(), f"the log to name it; {hub.log}")
