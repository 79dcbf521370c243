"""The questions of the public contract: one order, orders found, what happened, what was told."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.config import Settings
from hub.queries import Queries, StoredOrder
from hub.queries.finding import Condition, by_email, by_number, by_phone, by_tracking, possible
from hub.refusals import Refused
from hub.web import snapshots
from hub.web.auth import Keys
from hub.web.parameters import AT, LANGUAGE, NAMED, UNLESS, moment
from hub.web.problems import declared
from hub.web.routes import HEADERS, REFUSALS, SECURED, Direct
from hub.web.schemas import OrderOut, OrdersOut
from hub.web.schemas_of_history import NoticesOut, TimelineOut
from hub.web.snapshots import write

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "You have this version."}}

Text = Annotated[str | None, Query(max_length=255)]


class Ask:
    """Answers of one hub to those who have a key with scope ``read``."""

    def __init__(self, queries: Queries, keys: Keys, labels: Catalogues) -> None:
        """Answer from ``queries``, in the words of ``labels``."""
        self._queries, self._keys, self._labels = queries, keys, labels
        self._written = snapshots.remembering(labels)

    async def may_read(self, request: Request) -> None:
        """Raise ``Refused`` unless the request has a key with scope ``read``."""
        self._keys.require(request, "read")

    async def order(self, request: Request) -> Response:
        """Return an order as one snapshot; 304 when the reader has this version already.

        With `at` it is the order as it was believed then, from what had reached the hub by that
        time: `version` is 0, there is no ETag, and an order not known yet is a 404.
        """
        scopes = self._keys.require(request, "read")
        language = self._labels.negotiate(request.headers.get("accept-language"))
        codes = "admin" in scopes
        if request.scope["query_string"] and "at" in request.query_params:
            return await self._then(request, language, codes=codes)
        stored = await self._known(request.path_params["order_id"])
        etag = f'"{stored.version}-{language}{"-admin" if codes else ""}"'
        headers = {"ETag": etag, "Content-Language": language, **HEADERS}
        if _has(request.headers.get("if-none-match"), etag):
            return Response(status_code=304, headers=headers)
        if codes:
            body = write(snapshots.order(stored, self._labels, language, codes=True))
        else:
            body = self._written(stored, language)
        return Response(body, headers=headers, media_type="application/json")

    async def _then(self, request: Request, language: str, *, codes: bool) -> Response:
        at = moment("at", request.query_params["at"])
        stored = await self._queries.order_at(request.path_params["order_id"], at)
        if stored is None:
            raise Refused("unknown-order", "No order of this id was known to this hub then.")
        return _answer(snapshots.order(stored, self._labels, language, codes=codes), language)

    async def find(
        self,
        request: Request,
        tracking: Text = None,
        email: Text = None,
        phone: Text = None,
        number: Text = None,
        shop: Text = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
    ) -> Response:
        """Find orders by tracking number, by e-mail, by phone, or by number and shop: one of these.

        Newest news first. Ask again with `cursor` = `next` until `next` is null. An order that
        gets news while you page moves to the front and is never shown twice.
        """
        where = _condition(tracking=tracking, email=email, phone=phone, number=number, shop=shop)
        page = await self._queries.find(where, limit=limit, cursor=cursor)
        language = self._labels.negotiate(request.headers.get("accept-language"))
        found = [snapshots.order(one, self._labels, language) for one in page.orders]
        return _answer({"orders": found, "next": page.next}, language)

    async def timeline(self, order_id: str) -> Response:
        """Return what happened to an order, in the order it happened, and what each fact did."""
        stored = await self._known(order_id)
        entries = await self._queries.timeline(stored.order_id)
        return _answer(
            {"order": stored.order_id, "facts": [snapshots.fact(one) for one in entries]}
        )

    async def notices(self, order_id: str) -> Response:
        """Return what was told of an order, to which touchpoint, when, or why not."""
        stored = await self._known(order_id)
        tellings = await self._queries.tellings(stored.order_id)
        return _answer(
            {"order": stored.order_id, "tellings": [snapshots.telling(one) for one in tellings]}
        )

    async def _known(self, order_id: str) -> StoredOrder:
        stored = await self._queries.order(order_id)
        if stored is None:
            raise Refused("unknown-order", "No order of this hub has this id.")
        return stored


def router(*, queries: Queries, settings: Settings, labels: Catalogues) -> APIRouter:
    """Return the routes under /v1."""
    ask = Ask(queries, Keys(settings.api_keys), labels)
    routes = APIRouter(prefix="/v1", tags=["orders"])
    guarded: dict[str, Any] = {"dependencies": [Depends(ask.may_read)], "openapi_extra": SECURED}
    refusals = declared(*REFUSALS, "unknown-order")
    routes.add_api_route(
        "/orders",
        ask.find,
        response_model=OrdersOut,
        operation_id="findOrders",
        summary="Find orders",
        responses=declared(*REFUSALS, "bad-parameter", "bad-cursor"),
        **guarded,
    )
    # An id may hold any sign, a "/" too; so the longer paths stand first.
    for part, answer, model, summary in (
        ("timeline", ask.timeline, TimelineOut, "What happened to an order"),
        ("notices", ask.notices, NoticesOut, "What was told of an order"),
    ):
        routes.add_api_route(
            f"/orders/{{order_id:path}}/{part}",
            answer,
            response_model=model,
            operation_id=f"getOrder{part.title()}",
            summary=summary,
            responses=refusals,
            **guarded,
        )
    routes.add_api_route(
        "/orders/{order_id:path}",
        ask.order,
        response_model=OrderOut,
        route_class_override=Direct,
        operation_id="getOrder",
        summary="One order",
        responses=declared(*REFUSALS, "unknown-order", "bad-parameter") | UNCHANGED,
        openapi_extra={**SECURED, "parameters": [NAMED, AT, LANGUAGE, UNLESS]},
    )
    return routes


def _condition(**given: str | None) -> Condition:
    keys = {name: text for name, text in given.items() if text is not None}
    for name, text in keys.items():
        if not possible(text):
            raise Refused("bad-parameter", f"{name}: empty, or with a character no key has.")
    if keys.keys() == {"number", "shop"}:
        return by_number(shop=keys["shop"], number=keys["number"])
    if keys.keys() == {"tracking"}:
        return by_tracking(keys["tracking"])
    if keys.keys() == {"email"}:
        return by_email(keys["email"])
    if keys.keys() == {"phone"}:
        return by_phone(keys["phone"])
    raise Refused(
        "bad-parameter", "Give exactly one of tracking, email, phone, or number with shop."
    )


def _has(header: str | None, etag: str) -> bool:
    """Tell whether If-None-Match names this answer (RFC 9110, section 13.1.2: weak comparison)."""
    if not header:
        return False
    return any(one.strip().removeprefix("W/") in (etag, "*") for one in header.split(","))


def _answer(document: object, language: str | None = None) -> Response:
    headers = {**HEADERS, **({"Content-Language": language} if language else {})}
    return Response(write(document), headers=headers, media_type="application/json")
