"""Is it alive, can it do its work, and what are its figures."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from hub.clock import Clock
from hub.queries import Queries, Sums, Waiting
from hub.readiness import Check, examine
from hub.refusals import LATER, Refused
from hub.store.session import StoreUnavailable
from hub.telemetry import REGISTRY, Gauges
from hub.web.problems import declared
from hub.web.schemas_of_history import CheckOut, ReadyOut

log = structlog.get_logger()


class Health:
    """What operators and their machines ask."""

    def __init__(self, queries: Queries, clock: Clock, checks: Sequence[Check]) -> None:
        """Answer from ``queries``; ages are measured with ``clock``; ``checks``: the needs."""
        self._queries, self._clock, self._checks = queries, clock, checks

    async def live(self) -> str:
        """Answer as long as the process can; ask nothing of the database."""
        return "ok\n"

    async def ready(self) -> ReadyOut:
        """Answer 200 when all that this process cannot do without is there; else name what is not.

        A long backlog is told, but it is no reason to send deliveries away: the door must take
        them in all the more.
        """
        findings = await examine(self._checks)
        amiss = [one for one in findings if not one.well]
        for one in amiss:
            log.error("health.amiss", what=one.what, found=one.found, error=one.cause)
        if vital := [one for one in amiss if one.vital]:
            raise Refused(
                "not-ready",
                "; ".join(f"{one.what}: {one.found}" for one in vital),
                headers=LATER,
                remedy="; ".join(f"{one.what}: {one.remedy}" for one in vital),
            )
        backlog = await self._queries.backlog()
        return ReadyOut(
            ready=True,
            backlog=backlog.size,
            backlog_age_seconds=backlog.age(self._clock()),
            checks=[
                CheckOut(what=one.what, well=one.well, found=one.found, remedy=one.remedy)
                for one in findings
            ],
        )

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


def router(*, queries: Queries, clock: Clock, checks: Sequence[Check]) -> APIRouter:
    """Return /health/live, /health/ready and /metrics; none needs a key or names an order."""
    health = Health(queries, clock, checks)
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
