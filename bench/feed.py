"""A topic full of orders' facts, and how fast somebody takes them in."""

import json
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from confluent_kafka import Producer

from bench.day import deliveries
from bench.programs import SECRET, free_port, program
from deploy.kafka.broker import Broker

PARTITIONS = 4
FEED, LONG_FEED = "bench.feed", "bench.long-feed"
PATIENCE = 300.0  #: seconds a side may take
TAKEN = "SELECT coalesce(sum(next_offset), 0) FROM stream_offset"


class Watch:
    """Runs from the first batch that is believed to the last one."""

    def __init__(self, facts: int) -> None:
        self._facts, self._first, self._began = facts, 0, 0.0
        self.read = 0
        self.rate = 0.0  #: facts per second

    def reads(self, facts: int) -> bool:
        """Note how many facts have been taken in; return whether that is all."""
        self.read = facts
        if facts and not self._began:
            self._began, self._first = perf_counter(), facts
        if facts >= self._facts and not self.rate:
            self.rate = (facts - self._first) / (perf_counter() - self._began)
        return facts >= self._facts


def fill(broker: Broker, topic: str, facts: int) -> None:
    """Put so many facts into a topic, the ones of an order into one partition."""
    producer = Producer({"bootstrap.servers": broker.address, "acks": "all", "linger.ms": 20})
    for number, body in enumerate(deliveries(facts)):
        producer.produce(topic, body, partition=number % PARTITIONS)
        producer.poll(0) if number % 100 == 0 else None
    if left := producer.flush(PATIENCE):
        raise RuntimeError(f"{left} records did not reach the broker")


def drained(
    broker: Broker, server: str, folder: Path, facts: int, *, workers: int
) -> tuple[float, float]:
    """Let worker processes take in what waits; return facts per second, and all the seconds."""
    database = new_database(server)
    chosen = reading(broker, LONG_FEED)
    environment = {
        "TILANNE_DATABASE_URL": database,
        "TILANNE_STREAM_URL": chosen["stream_url"],
        "TILANNE_STREAM_GROUP": chosen["stream_group"],
        "TILANNE_TOPICS": json.dumps(chosen["topics"]),
        "TILANNE_SECRETS__CANONICAL": SECRET,
    }
    with ExitStack() as stack:
        began = perf_counter()
        for number in range(workers):
            port = free_port()
            own = environment | {"TILANNE_PORT": str(port)}
            up = program(folder, f"worker{number}", "hub", "worker", port=port, **own)
            stack.enter_context(up).wait("/health/live")
        watch = Watch(facts)
        with psycopg.connect(database, autocommit=True) as connection:
            while not watch.reads(int((connection.execute(TAKEN).fetchone() or (0,))[0])):
                if perf_counter() - began > PATIENCE:
                    raise RuntimeError(f"not all facts are read after {PATIENCE:.0f} s")
                sleep(0.02)
        return watch.rate, perf_counter() - began


def reading(broker: Broker, topic: str) -> dict[str, Any]:
    """Return the settings of a hub that reads a topic in a group of its own."""
    return {
        "stream_url": f"kafka://{broker.address}",
        "stream_group": f"bench-{uuid4().hex}",
        "topics": {topic: {"connector": "canonical", "source": "bench"}},
    }


def new_database(server: str) -> str:
    """Make an empty database; return its URL."""
    name = f"bench_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return urlsplit(server)._replace(path=f"/{name}").geturl()
