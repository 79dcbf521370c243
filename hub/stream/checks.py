"""Whether the brokers answer and every topic is there. No delivery is refused if they are not."""

from collections.abc import Sequence
from functools import partial

from hub.clock import utc_now
from hub.config import Settings
from hub.readiness import Amiss, Check
from hub.stream.brokers import BrokerAway, Brokers
from hub.stream.denied import Denied
from hub.stream.probe import Probe
from hub.stream.records import Feeds

REMEDY = (
    "start the broker or correct TILANNE_STREAM_URL, and create the topics that are named; until "
    "then the door keeps deliveries in the database, and what lies in the topics waits there"
)


def checks(settings: Settings) -> Sequence[Check]:
    """Return the check of the brokers."""
    return (Check("kafka", partial(_look, settings), REMEDY, vital=False),)


async def _look(settings: Settings) -> str:
    probe = Probe(Brokers.of(settings))
    told = {sink.topic for sink in settings.sinks if sink.topic is not None}
    wanted = {*Feeds(settings, utc_now).names, *told}
    try:
        missing = wanted - await probe.topics()
    except Denied as error:
        raise Amiss(error.found, error.remedy) from error
    except BrokerAway as error:
        raise Amiss("no broker answers") from error
    finally:
        await probe.close()
    if missing:
        raise Amiss(f"missing topics: {', '.join(sorted(missing))}")
    return f"{len(wanted)} topics"
