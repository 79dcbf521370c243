"""The hub's own pages for whoever runs it on this machine: orders moving, their story, the mailbox.

They show personal data and ask for no key, so they exist only while the hub listens on loopback,
and only under a loopback name: a page elsewhere that points its own name here (DNS rebinding) gets
a 404. The description of the API at /docs holds no data and always exists.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.clock import Clock
from hub.config import Settings
from hub.queries import Queries, StoredOrder, Sums
from hub.refusals import Refused
from hub.web import gallery, snapshots
from hub.web.docs import described
from hub.web.frame import LETTER_POLICY, Frame, answer
from hub.web.letters import Letter, letter
from state_machine.lifecycle import Stage

STATIC = Path(__file__).resolve().parent / "static"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
MOST = 100  #: rows of a list


class Pages:
    """The pages of one hub."""

    def __init__(
        self, queries: Queries, settings: Settings, labels: Catalogues, clock: Clock
    ) -> None:
        """Show what ``queries`` answers, in the words of ``labels``."""
        self._queries, self._labels, self._clock = queries, labels, clock
        self._frame = Frame(settings, labels)
        self._static = {file.name: file.read_bytes() for file in STATIC.iterdir()}

    async def orders(self, request: Request) -> Response:
        """Show the orders as they move."""
        self._frame.local_only(request)
        return self._frame.page("orders.html", request, here="/", **await self._orders(request))

    async def orders_json(self, request: Request) -> Response:
        """Give the script of the page above the parts that change."""
        self._frame.local_only(request)
        seen = await self._orders(request)
        parts = {name: self._frame.render(f"_{name}.html", seen) for name in ("rows", "figures")}
        return answer(snapshots.write(parts), "application/json")

    async def order(self, request: Request, order_id: str) -> Response:
        """Show one order's story."""
        self._frame.local_only(request)
        stored = await self._queries.order(order_id)
        if stored is None:
            raise Refused("unknown-order", "No order of this hub has this id.")
        language = self._frame.language(request)
        facts = await self._queries.timeline(order_id)
        tellings = await self._queries.tellings(order_id)
        return self._frame.page(
            "order.html",
            request,
            order=snapshots.order(stored, self._labels, language),
            facts=[snapshots.fact(one) for one in facts],
            tellings=[snapshots.telling(one) for one in tellings],
        )

    async def mails(self, request: Request) -> Response:
        """Show the local mailbox."""
        self._frame.local_only(request)
        mails = [letter(row) for row in await self._queries.mails(MOST)]
        return self._frame.page("mails.html", request, here="/dev/mail", mails=mails, most=MOST)

    async def mail(self, request: Request, number: int) -> Response:
        """Show one e-mail."""
        self._frame.local_only(request)
        return self._frame.page("mail.html", request, mail=await self._letter(number))

    async def mail_html(self, request: Request, number: int) -> Response:
        """Give the HTML part of an e-mail, for a frame that can do nothing."""
        self._frame.local_only(request)
        html = (await self._letter(number)).html
        return answer(html.encode(), "text/html", policy=LETTER_POLICY, framed_by="'self'")

    async def docs(self, request: Request) -> Response:
        """Describe the API; holds no data, so it needs neither key nor loopback."""
        return self._frame.page(
            "docs.html", request, here="/docs", **described(request.app.openapi())
        )

    async def static(self, name: str) -> Response:
        """Give a stylesheet or script of these pages."""
        if name not in self._static:
            raise Refused("not-found", "The hub's pages have no such file.")
        return answer(self._static[name], MEDIA_TYPES[Path(name).suffix])

    async def _letter(self, number: int) -> Letter:
        row = await self._queries.mail(number) if 0 < number < 2**63 else None
        if row is None:
            raise Refused("not-found", "The mailbox has no e-mail of this number.")
        return letter(row)

    async def _orders(self, request: Request) -> dict[str, Any]:
        language = self._frame.language(request)
        recent = await self._queries.recent(MOST)
        return {
            "orders": [self._row(one, language) for one in recent],
            "figures": _figures(await self._queries.sums(self._clock())),
            "language": language,
            "languages": list(self._labels.languages),
            "most": MOST,
        }

    def _row(self, stored: StoredOrder, language: str) -> dict[str, Any]:
        order = snapshots.order(stored, self._labels, language)
        for parcel in order["parcels"]:
            parcel["step"] = min(Stage(parcel["stage"]).step, 5)
            if parcel["problem"]:
                reason = parcel["problem"]["reason"]
                parcel["problem"] = self._labels.label("problem", reason, language)
        return order


def router(*, queries: Queries, settings: Settings, labels: Catalogues, clock: Clock) -> APIRouter:
    """Return the pages; none of them is part of the public contract."""
    pages = Pages(queries, settings, labels, clock)
    routes = APIRouter(include_in_schema=False)
    addresses: Mapping[str, Any] = {
        "/": pages.orders,
        "/dev/orders.json": pages.orders_json,
        "/dev/orders/{order_id:path}": pages.order,
        "/dev/mail": pages.mails,
        "/dev/mail/{number}": pages.mail,
        "/dev/mail/{number}/html": pages.mail_html,
        "/docs": pages.docs,
        "/static/{name}": pages.static,
    }
    for path, page in addresses.items():
        routes.add_api_route(path, page, response_class=Response)
    routes.include_router(gallery.router(settings=settings, labels=labels, clock=clock))
    return routes


def _figures(sums: Sums) -> list[tuple[str, int]]:
    sent = sum(size for (_, state), size in sums.notices.items() if state == "sent")
    return [
        ("Received", sums.accepted),
        ("Applied", sums.outcomes.get("applied", 0)),
        ("Duplicates", sums.outcomes.get("duplicate", 0)),
        ("Parked", sums.outcomes.get("parked", 0)),
        ("Quarantined", sums.outcomes.get("quarantined", 0)),
        ("Notices sent", sent),
    ]
