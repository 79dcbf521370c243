"""What is authentic and not understood: what waits, and how it is read again after a fix."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from hub.clock import Clock
from hub.pipeline.quarantine import release
from hub.queries.quarantined import Chosen, causes, quarantined, those
from hub.refusals import Refused
from hub.store.session import Store
from hub.web.gate import AdminGate
from hub.web.problems import declared
from hub.web.routes import HEADERS, REFUSALS, SECURED
from hub.web.schemas_of_quarantine import QuarantineOut, RetriedOut
from hub.web.snapshots import write

CAUSE = ("connector", "kind", "code", "size", "oldest", "newest", "example")


class Desk:
    """What a person with scope admin can do from afar; the rest is `tilanne quarantine`."""

    def __init__(self, store: Store, clock: Clock, arrived: Callable[[], None]) -> None:
        """``arrived`` says that a raw is in the log again."""
        self._store, self._clock, self._arrived = store, clock, arrived

    async def causes(
        self,
        limit: Annotated[int, Query(ge=1, le=100)] = 100,
        after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        """Return what waits in quarantine by its cause, the most frequent first.

        Ask again with `after` = so many causes seen. `example` is the number of one row.
        """
        rows = await self._store.read(lambda c: quarantined(c, limit, after=after))
        total = await self._store.read(causes)
        found = [{name: getattr(row, name) for name in CAUSE} for row in rows]
        return _answer({"total": total, "causes": found})

    async def retry(self, number: int) -> Response:
        """Put the delivery of a row back into the log: it is read by the connectors of today.

        Facts that were applied before add nothing, and nobody is told twice.
        """
        rows = await self._store.read(lambda c: those(c, Chosen((number,)))) if number > 0 else ()
        if not rows:
            raise Refused("unknown-row", "No row of this number waits.")
        if not rows[0].kept:
            raise Refused("bytes-gone", "The bytes of this delivery are gone.")
        now = self._clock()
        count = await self._store.write(lambda c: release(c, [rows[0].raw_id], now))
        self._arrived()
        return _answer({"retried": count})


def router(desk: Desk, gate: AdminGate) -> APIRouter:
    """Return the routes; all of them need scope admin."""
    routes = APIRouter(prefix="/v1", tags=["operations"])
    guarded: dict[str, Any] = {"dependencies": [Depends(gate.admit)], "openapi_extra": SECURED}
    routes.add_api_route(
        "/quarantine",
        desk.causes,
        response_model=QuarantineOut,
        operation_id="listQuarantine",
        summary="What is not understood",
        responses=declared(*REFUSALS, "limits-unavailable", "bad-parameter"),
        **guarded,
    )
    routes.add_api_route(
        "/quarantine/{number}/retry",
        desk.retry,
        methods=["POST"],
        response_model=RetriedOut,
        operation_id="retryQuarantined",
        summary="Read it again",
        responses=declared(
            *REFUSALS, "limits-unavailable", "bad-parameter", "unknown-row", "bytes-gone"
        ),
        **guarded,
    )
    return routes


def _answer(document: object) -> Response:
    return Response(write(document), headers=HEADERS, media_type="application/json")
