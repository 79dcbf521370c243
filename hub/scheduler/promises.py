"""Watches promises: what time has made true of an order becomes a fact in the log."""

from collections.abc import Callable

import orjson
import structlog

from hub.clock import Clock
from hub.crashpoints import crashpoint
from hub.queries.deadlines import due_facts
from hub.scheduler.facts import NAME
from hub.store import log
from hub.store.session import Store

AT_ONCE = 200  #: orders per look; the rest waits for the next

_log = structlog.get_logger()


async def watch_promises(store: Store, clock: Clock, arrived: Callable[[], None]) -> int:
    """Write the facts that are due by now into the log; return how many.

    The facts have semantic ids, so that saying them again (a restart, a look that overlaps) adds
    nothing.
    """
    now = clock()
    facts = await store.read(lambda connection: due_facts(connection, now, AT_ONCE))
    if facts:
        crashpoint("scheduler.due")
        body = orjson.dumps(facts, option=orjson.OPT_UTC_Z)
        row = {"connector": NAME, "source": NAME, "received_at": now, "headers": "{}", "body": body}
        await store.append(log.append, row)
        crashpoint("scheduler.written")
        arrived()
        _log.info("promises.due", facts=len(facts))
    return len(facts)
