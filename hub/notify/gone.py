"""Store systems that have said they are gone (410): nothing is posted there until a person says so.

What they miss is suppressed with the reason, and goes out when the sink is enabled, as far as it is
news then. Another url in the settings is another place, and is posted to at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.config import Settings
from hub.notify.reach import CLOSED
from hub.queries import Queries
from hub.readiness import Amiss, Check
from hub.store import missed, suppressions
from hub.store.migrate import Standing, standing
from hub.store.session import Store
from hub.store.settling import Settlement
from hub.telemetry import alert

CHANNEL = "webhook"  #: the one that posts


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sink is posted to, and how that goes."""

    name: str
    since: datetime | None  #: closed since then; None: it is posted to
    why: str | None
    missed: int  #: notices that wait for it to be enabled


async def close(store: Store, channel: str, sink: str, url: str, end: Settlement) -> None:
    """Post nothing more to a url, and let a person know."""
    why = end.detail.removeprefix(f"{CLOSED}: ")
    new = await store.write(lambda c: suppressions.close(c, channel, url, why=why, now=end.at))
    if new:
        alert("sink_gone", sink=sink, remedy=f"tilanne sinks enable {sink}")


def places(connection: Connection, settings: Settings) -> Sequence[Place]:
    """Return every sink that is posted to, or would be."""
    urls = {one.name: str(one.url) for one in settings.sinks if one.url is not None}
    closed = suppressions.closed(connection, [CHANNEL], urls.values())
    found = {name: closed.get((CHANNEL, url)) for name, url in urls.items()}
    return [
        Place(
            name,
            row.since if row is not None else None,
            row.why if row is not None else None,
            missed.count(connection, CHANNEL, name, CLOSED),
        )
        for name, row in found.items()
    ]


def enable(connection: Connection, settings: Settings, sink: str, now: datetime) -> int:
    """Post to a sink again, first what it missed; return how much that is. ``LookupError``."""
    url = next((str(one.url) for one in settings.sinks if one.name == sink and one.url), None)
    if url is None:
        raise LookupError(sink)
    suppressions.reopen(connection, url)
    return missed.release(connection, CHANNEL, sink, CLOSED, now)


def checks(settings: Settings, queries: Queries) -> list[Check]:
    """Return how to look at the sinks; none where nobody is posted to."""

    def closed(connection: Connection) -> int:
        if standing(connection) is Standing.BEHIND:
            return 0
        urls = [str(one.url) for one in settings.sinks if one.url is not None]
        return len(suppressions.closed(connection, [CHANNEL], urls))

    async def look() -> str:
        if count := await queries.read(closed):
            raise Amiss(f"{count} said that it is gone, and is posted nothing")
        return "none has said that it is gone"

    remedy = "`tilanne sinks list` says which; `tilanne sinks enable` when it takes posts again"
    if any(one.url is not None for one in settings.sinks):
        return [Check("store systems", look, remedy, vital=False)]
    return []
