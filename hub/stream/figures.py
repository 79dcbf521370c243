"""What is counted of the streams, beside the other figures of orders (``hub.telemetry``)."""

from collections import Counter as Sums
from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge

from hub.store.offsets import Place
from hub.telemetry import REGISTRY

RESTARTS = Counter(
    "tilanne_stream_restarts",
    "Times the consumer of the topics was started anew, by why (anew, crash, gap, stuck).",
    ["reason"],
    registry=REGISTRY,
)
SPOOLED = Counter(
    "tilanne_raws_spooled",
    "Deliveries kept in the database because the broker did not confirm them in time.",
    registry=REGISTRY,
)
LAG = Gauge(
    "tilanne_stream_lag",
    "Records of this process's partitions that are not read yet, by topic.",
    ["topic"],
    registry=REGISTRY,
)


def note_lag(topics: Iterable[str], ends: Mapping[Place, int], moved: Mapping[Place, int]) -> None:
    """Note how far we are behind; a topic of which nothing is ours is not behind."""
    behind: Sums[str] = Sums(dict.fromkeys(topics, 0))
    for place in ends.keys() & moved.keys():
        behind[place.topic] += max(ends[place] - moved[place], 0)
    for topic, records in behind.items():
        LAG.labels(topic).set(records)
