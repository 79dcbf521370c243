"""The report on a day's promises: was everybody told in time, and who was not."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from hub.clock import Clock
from hub.queries import Queries
from hub.queries.sla import report
from hub.web.auth import Keys
from hub.web.problems import declared
from hub.web.routes import HEADERS, REFUSALS, SECURED
from hub.web.schemas_of_promises import SlaOut
from hub.web.snapshots import write


def router(*, queries: Queries, keys: Keys, clock: Clock) -> APIRouter:
    """Return the route /v1/sla."""

    async def sla(
        request: Request,
        day: date | None = None,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """Return how the promises of a day (UTC; today if left out) were kept, and each breach.

        A notice counts on the day its news reached us. Ask again with `after` = `next` for more
        breaches, until `next` is null.
        """
        keys.require(request, "read")
        now = clock()
        found = await queries.read(
            lambda c: report(c, day or now.date(), now, after=after, limit=limit)
        )
        return Response(write(found), headers=HEADERS, media_type="application/json")

    routes = APIRouter(prefix="/v1", tags=["operations"])
    routes.add_api_route(
        "/sla",
        sla,
        response_model=SlaOut,
        operation_id="getSla",
        summary="Was everybody told in time?",
        responses=declared(*REFUSALS, "bad-parameter"),
        openapi_extra=SECURED,
    )
    return routes
