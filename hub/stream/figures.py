"""What is counted of the streams, beside the other figures of orders (``hub.telemetry``)."""

from prometheus_client import Counter

from hub.telemetry import REGISTRY

RESTARTS = Counter(
    "tilanne_stream_restarts",
    "Times the consumer of the topics was started anew, by why (crash, gap, stuck).",
    ["reason"],
    registry=REGISTRY,
)
SPOOLED = Counter(
    "tilanne_raws_spooled",
    "Deliveries kept in the database because the broker did not confirm them in time.",
    registry=REGISTRY,
)
