"""Is it alive, can it do its work, and what are its figures."""

import asyncio
from datetime import datetime

import structlog
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from hub.clock import Clock
from hub.queries import Queries, Sums, Waiting
from hub.refusals import Refused
from hub.store.session import StoreUnavailable
from hub.telemetry import REGISTRY, Gauges
from hub.web.problems import declared
from hub.web.schemas_of_history import ReadyOut

PATIENCE_S = 2.0  #: a database that takes longer to answer is not there

log = structlog.get_logger()


class Health:
    """What operators and their machines ask."""

    def __init__(self, queries: Queries, clock: Clock) -> None:
        """Answer from ``queries``; ages are measured with ``clock``."""
        self._queries, self._clock = queries, clock

    async def live(self) -> str:
        """Answer as long as the process can; ask nothing of the database."""
        return "ok\n"

    async def ready(self) -> ReadyOut:
        """Answer 200 when the database answers and what comes in can be written.

        A long backlog is told, but it is no reason to send deliveries away: the door must take
        them in all the more.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                backlog = await self._queries.backlog()
        except (StoreUnavailable, TimeoutError) as error:
            log.error("health.not_ready", error=repr(error.__cause__ or error))
            raise Refused(
                "not-ready", "The database does not answer.", headers={"Retry-After": "5"}
            ) from error
        if not self._queries.writable:
            log.error("health.not_ready", error="the writer has stopped")
            raise Refused("not-ready", "Nothing can be written any more.")
        age = backlog.age(self._clock())
        return ReadyOut(ready=True, backlog=backlog.size, backlog_age_seconds=age)

    async def metrics(self) -> Response:
        """Return what this process counted and what the database holds, in Prometheus text."""
        gauges, scrape = Gauges(), CollectorRegistry()
        now = self._clock()
        try:
            _note(gauges, await self._queries.sums(now), now=now)
        except StoreUnavailable as error:  # the counters matter most when the database is gone
            log.error("health.no_sums", error=repr(error.__cause__ or error))
        scrape.register(gauges)
        text = generate_latest(REGISTRY) + generate_latest(scrape)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def router(*, queries: Queries, clock: Clock) -> APIRouter:
    """Return /health/live, /health/ready and /metrics; none needs a key or names an order."""
    health = Health(queries, clock)
    routes = APIRouter(tags=["operations"], default_response_class=PlainTextResponse)
    routes.add_api_route("/health/live", health.live, summary="The process runs")
    routes.add_api_route(
        "/health/ready",
        health.ready,
        summary="The hub can do its work",
        response_class=JSONResponse,
        responses=declared("not-ready"),
    )
    routes.add_api_route("/metrics", health.metrics, summary="Figures for Prometheus")
    return routes


def _note(gauges: Gauges, sums: Sums, *, now: datetime) -> None:
    for outcome, size in sums.outcomes.items():
        gauges.put("tilanne_raws", size, outcome=outcome)
    for (channel, state), size in sums.notices.items():
        gauges.put("tilanne_notices", size, channel=channel, state=state)
    gauges.put("tilanne_parked", sums.parked)
    gauges.put("tilanne_parked_expired", sums.expired)
    gauges.put("tilanne_quarantine", sums.quarantine)
    waiting: dict[str, Waiting] = {
        "tilanne_backlog": sums.backlog,
        "tilanne_outbox_unplanned": sums.unplanned,
        "tilanne_notices_due": sums.due,
    }
    for name, those in waiting.items():
        gauges.put(name, those.size)
        gauges.put(f"{name}_age_seconds", those.age(now))
