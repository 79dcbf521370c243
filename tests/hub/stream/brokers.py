"""A Kafka cluster for tests: librdkafka's own, which speaks the real wire protocol.

Its Python package opens it only by a setting and then has no say in it; so the library's own
functions are called: topics with so many partitions, brokers that are away, answers that fail.
"""

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import confluent_kafka
from confluent_kafka import Consumer, Producer, TopicPartition

GROUP = "tilanne"
PRODUCER = 0  #: the kind of client the cluster is a part of
OFFSET_COMMIT, PRODUCE, FETCH = 8, 0, 1  #: requests, by their number in the protocol
BROKER, UNAVAILABLE = 1, 15  #: the one there is; "coordinator not available"
QUIET = {"log_level": 0}


def _library() -> ctypes.CDLL:
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(folder.glob("librdkafka*.so*"))))
    for name in ("conf_new", "new", "mock_cluster_new"):
        getattr(library, f"rd_kafka_{name}").restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return library


class Cluster:
    """What stands at the far end: producers who write orders' raws, and the group's offsets."""

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.create_string_buffer(512)
        conf = ctypes.c_void_p(self._library.rd_kafka_conf_new())
        self._call("conf_set", conf, b"log_level", b"0", error, ctypes.c_size_t(512))
        made = self._library.rd_kafka_new(PRODUCER, conf, error, ctypes.c_size_t(512))
        self._client = ctypes.c_void_p(made)
        assert self._client, error.value
        self._mock = ctypes.c_void_p(self._call("mock_cluster_new", self._client, 1))
        self._call("mock_group_initial_rebalance_delay_ms", self._mock, 300)
        self.servers = self._call("mock_cluster_bootstraps", self._mock).decode()
        self.url = f"kafka://{self.servers}"
        self._producer = Producer({"bootstrap.servers": self.servers, "linger.ms": 0, **QUIET})

    def _call(self, name: str, *arguments: Any) -> Any:
        return getattr(self._library, f"rd_kafka_{name}")(*arguments)

    # --- what may happen to it --------------------------------------------------------------------

    def create(self, topic: str, partitions: int = 1) -> None:
        assert 0 == self._call("mock_topic_create", self._mock, topic.encode(), partitions, 1)

    def delete(self, topic: str) -> None:
        assert 0 == self._call("mock_topic_delete", self._mock, topic.encode())

    def goes_away(self) -> None:
        assert 0 == self._call("mock_broker_set_down", self._mock, BROKER)

    def comes_back(self) -> None:
        assert 0 == self._call("mock_broker_set_up", self._mock, BROKER)

    def answers_late(self, milliseconds: int) -> None:
        assert 0 == self._call("mock_broker_set_rtt", self._mock, BROKER, milliseconds)

    def fails(self, request: int, *errors: int) -> None:
        """The next requests of this kind are answered with these errors, and not done."""
        several = (ctypes.c_int * len(errors))(*errors)
        count = ctypes.c_size_t(len(errors))
        self._call("mock_push_request_errors_array", self._mock, request, count, several)

    def hangs(self, request: int) -> None:
        """The next request of this kind is answered after a minute."""
        late = (ctypes.c_size_t(1), ctypes.c_int(0), ctypes.c_int(60_000))
        self._call("mock_broker_push_request_error_rtts", self._mock, BROKER, request, *late)

    def recovers(self, request: int) -> None:
        """It fails no more."""
        self._call("mock_clear_request_errors", self._mock, ctypes.c_int16(request))

    # --- who writes and reads besides the hub -----------------------------------------------------

    def put(
        self, topic: str, *values: bytes | None, partition: int = 0, headers: Any = None
    ) -> None:
        """Write records, and wait until all of them are kept."""
        for value in values:
            self._producer.produce(topic, value, partition=partition, headers=headers)
        assert 0 == self._producer.flush(10)

    def _consumer(self, group: str) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.servers,
                "group.id": group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "session.timeout.ms": 1500,
                "heartbeat.interval.ms": 300,
                **QUIET,
            }
        )

    def commit(self, topic: str, offsets: Mapping[int, int], group: str = GROUP) -> None:
        """Tell the broker that the group has come so far, whether it has or not."""
        consumer = self._consumer(group)
        consumer.subscribe([topic])  # only a member is heard
        while not consumer.assignment():
            consumer.poll(0.1)
        wanted = [TopicPartition(topic, partition, at) for partition, at in offsets.items()]
        consumer.commit(offsets=wanted, asynchronous=False)
        consumer.close()

    def committed(self, topic: str, partition: int = 0, group: str = GROUP) -> int:
        consumer = self._consumer(group)
        found = consumer.committed([TopicPartition(topic, partition)], timeout=10)
        consumer.close()
        return int(found[0].offset)

    def read(self, topic: str, count: int, partitions: Sequence[int] = (0,)) -> list[Any]:
        """Read so many records of a topic from its beginning."""
        consumer = self._consumer("a reader of its own")
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        found: list[Any] = []
        while len(found) < count:
            message = consumer.poll(10)
            assert message is not None, f"{len(found)} of {count} records"
            assert message.error() is None, message.error()
            found.append(message)
        consumer.close()
        return found

    def close(self) -> None:
        del self._producer
        self._call("mock_cluster_destroy", self._mock)
        self._call("destroy", self._client)
