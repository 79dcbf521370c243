"""Every figure the hub gives about itself, one name and one sentence each, and how it logs.

What happens is counted here, in the process where it happens; what is (sizes, ages) is read from
the database at each scrape (``hub.web.health``). No figure carries an order's id or a person.
"""

from collections.abc import Iterator

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from hub.telemetry.lines import set_up_logging as set_up_logging

#: seconds; the promise is 60, so the buckets are dense below it and say how badly it was missed
SLA_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 300, 3600, 86400)

#: seconds; senders give up after some 5, and the goal is 0.01
ACK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

#: what the process counts; handed to the scrape, never the library's global registry
REGISTRY = CollectorRegistry()

ACCEPTED = Counter(
    "tilanne_raws_accepted",
    "Deliveries made durable at the door.",
    ["connector"],
    registry=REGISTRY,
)
REFUSED = Counter(
    "tilanne_raws_refused",
    "Deliveries refused at the door, by the slug of the problem.",
    ["reason"],
    registry=REGISTRY,
)
ACK = Histogram(
    "tilanne_ack_seconds",
    "From the last byte of a delivery to the moment it is durable and answered.",
    buckets=ACK_BUCKETS,
    registry=REGISTRY,
)
CONNECTIONS = Gauge(
    "tilanne_connections", "Connections to the hub that are open now.", registry=REGISTRY
)
LISTENERS = Gauge(
    "tilanne_listeners", "Streams of orders' events open in this process.", registry=REGISTRY
)
UNLIMITED = Counter(
    "tilanne_raws_unlimited",
    "Deliveries taken without a look at the limit of their source, because the Redis was away.",
    registry=REGISTRY,
)
ATTEMPTS = Counter(
    "tilanne_attempts",
    "Tries to hand a notice to a provider, by how they ended (sent, retry, dead, ambiguous).",
    ["channel", "outcome"],
    registry=REGISTRY,
)
RECEIPTS = Counter(
    "tilanne_receipts",
    "Reports of providers about messages they took, by what they say (delivered, bounced, …).",
    ["channel", "what"],
    registry=REGISTRY,
)
ILL = Gauge(
    "tilanne_provider_ill",
    "1 while a provider or sink is left alone because attempts failed (circuit breaker).",
    ["channel", "recipient"],
    registry=REGISTRY,
)
TO_ATTEMPT = Histogram(
    "tilanne_accept_to_attempt_seconds",
    "From the moment a fact reached us to the first try to tell of it.",
    ["channel"],
    buckets=SLA_BUCKETS,
    registry=REGISTRY,
)
TO_ACCEPTED = Histogram(
    "tilanne_accept_to_told_seconds",
    "From the moment a fact reached us until a provider had taken over what tells of it.",
    ["channel", "objective"],
    buckets=SLA_BUCKETS,
    registry=REGISTRY,
)
BREACHES = Counter(
    "tilanne_sla_breaches",
    "Notices that a provider took over only after the promised time, or that were given up.",
    ["channel", "objective"],
    registry=REGISTRY,
)

REDIS_AWAY = Gauge(
    "tilanne_redis_away",
    "1 while the Redis of TILANNE_REDIS_URL is not there: slower, never wrong.",
    registry=REGISTRY,
)
REDIS_REFUSED = Counter(
    "tilanne_redis_refused",
    "Commands the Redis answered with an error: full, read-only, a name used for something else.",
    registry=REGISTRY,
)
SCHEDULER_LEADS = Gauge(
    "tilanne_scheduler_leads",
    "1 in the process that ticks, of several that share a Redis.",
    registry=REGISTRY,
)
LIVE_LOST = Counter(
    "tilanne_live_lost",
    "Messages to the hub's other processes that could not be sent; they look once a second anyway.",
    registry=REGISTRY,
)
ALERTS = Counter(
    "tilanne_alerts",
    "What a person must look at, by its name; the log has a line alert.<name> for each.",
    ["name"],
    registry=REGISTRY,
)

#: name -> meaning of the figures read from the database
GAUGES = {
    "tilanne_raws": "Raws by what became of them (applied, duplicate, parked, quarantined).",
    "tilanne_backlog": "Raws that are durable and not yet read by the pipeline.",
    "tilanne_backlog_age_seconds": "How long the oldest raw of the backlog has waited.",
    "tilanne_parked": "Facts that wait for their order to become known.",
    "tilanne_parked_expired": "Those of them that have waited longer than TILANNE_PARKED_DAYS.",
    "tilanne_quarantine": "Findings that wait for a person.",
    "tilanne_outbox_unplanned": "Changes worth telling that are not yet made into notices.",
    "tilanne_outbox_unplanned_age_seconds": "How long ago the oldest of those reached us.",
    "tilanne_notices": "Notices by channel and state; held: ambiguous, a person decides.",
    "tilanne_notices_due": "Notices whose time has come and that nobody has taken yet.",
    "tilanne_notices_due_age_seconds": "How long the oldest of those has been due.",
}


def alert(name: str, *, count: int = 1, **details: str | int) -> None:
    """Say that a person must look: counted, and an error in the log; no personal data in it.

    Only for what is committed: what is rolled back comes again.
    """
    ALERTS.labels(name).inc(count)
    structlog.get_logger().error(f"alert.{name}", count=count, **details)


class Gauges:
    """Figures read from the database for one scrape; a collector of prometheus-client."""

    def __init__(self) -> None:
        """Begin with no figure."""
        self._families: dict[str, GaugeMetricFamily] = {}

    def put(self, name: str, value: float, **labels: str) -> None:
        """Note a figure; ``name`` is a row of ``GAUGES``."""
        family = self._families.get(name)
        if family is None:
            family = GaugeMetricFamily(name, GAUGES[name], labels=list(labels))
            self._families[name] = family
        family.add_metric(list(labels.values()), value)

    def collect(self) -> Iterator[Metric]:
        """Yield what was noted."""
        yield from self._families.values()
