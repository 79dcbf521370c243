"""How a customer wants to be told, over the API: read, set, and a link to the page for it."""

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.links import Purpose
from hub.notify import preferences
from hub.notify.preferences import ChangedMeanwhile, Origin, UnknownCustomer
from hub.refusals import Refused
from hub.store.customers import Customer
from hub.web.customers import UNKNOWN, Desk, Route, add, answer
from hub.web.problems import declared
from hub.web.routes import REFUSALS
from hub.web.schemas_of_customers import LinkOut, PreferencesIn, PreferencesOut, written

STALE = "The ETag in If-Match is not that of the present version."

UNREAD = "body.offers_text: say which text the customer had read when they agreed to offers"


class Preferring:
    """Where shops say how their customers want to be told."""

    def __init__(self, desk: Desk, labels: Catalogues) -> None:
        """Speak the languages of ``labels``."""
        self._desk, self._labels = desk, labels

    async def preferences(self, request: Request, customer_id: str) -> Response:
        """Return how a customer wants to be told."""
        self._desk.keys.require(request, "read")
        return _written(await self._desk.known(customer_id))

    async def prefer(
        self,
        request: Request,
        customer_id: str,
        wanted: PreferencesIn,
        if_match: Annotated[str | None, Header(max_length=100)] = None,
    ) -> Response:
        """Set how a customer wants to be told: all of it; what is left out is as the shop does it.

        With `If-Match` only if nobody else has changed it since.
        """
        key, now = self._desk.keys.holder(request, "write"), self._desk.clock()
        if wanted.language is not None and wanted.language not in self._labels.languages:
            spoken = ", ".join(self._labels.languages)
            raise Refused("bad-parameter", f"body.language: is none of {spoken}")
        for place, why in preferences.problems(wanted.wanted(), self._desk.channels):
            raise Refused("bad-parameter", f"body.{place}: {why}")
        version, text = _version(if_match), wanted.offers_text
        if wanted.offers and text is None and not await self._sees_offers(customer_id):
            raise Refused("bad-parameter", UNREAD)
        origin = Origin(f"api:{key.name}")
        on_offers = Origin(origin.source, None, text.text_id, text.text_hash) if text else origin
        try:
            saved = await self._desk.store.write(
                lambda c: preferences.save(
                    c,
                    customer_id,
                    wanted.wanted(),
                    origin,
                    now=now,
                    version=version,
                    on_offers=on_offers,
                )
            )
        except UnknownCustomer:
            raise Refused("unknown-customer", UNKNOWN) from None
        except ChangedMeanwhile:
            raise Refused("changed-meanwhile", STALE) from None
        return _written(saved)

    async def _sees_offers(self, customer_id: str) -> bool:
        return bool(preferences.of(await self._desk.known(customer_id)).offers)

    async def link(self, request: Request, customer_id: str) -> Response:
        """Make a link to the page where this customer says how they want to be told."""
        self._desk.keys.require(request, "write")
        known = await self._desk.known(customer_id)
        url = self._desk.settings.links.make(Purpose.PREFERENCES, known.id, self._desk.clock())
        if url is None:
            raise Refused("no-links", "No links to customers are configured.")
        return answer({"url": url})


def router(desk: Desk, labels: Catalogues) -> APIRouter:
    """Return the routes to preferences."""
    here, one = Preferring(desk, labels), "/{customer_id}/preferences"
    routes = APIRouter(prefix="/v1/customers", tags=["customers"])
    known = (*REFUSALS, "unknown-customer")
    summary = "How a customer wants to be told"
    reading: Route = ("GET", one, here.preferences, PreferencesOut, "getPreferences", summary)
    setting: Route = ("PUT", one, here.prefer, PreferencesOut, "setPreferences", f"Set {summary}")
    linking: Route = ("POST", f"{one}/link", here.link, LinkOut, "makeLink", "A link to their page")
    add(routes, reading, declared(*known))
    add(routes, setting, declared(*known, "bad-parameter", "changed-meanwhile"))
    add(routes, linking, declared(*known, "no-links"))
    return routes


def _version(if_match: str | None) -> int | None:
    """Read the version out of If-Match; one that cannot be ours matches nothing."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _written(found: Customer) -> Response:
    document = written(found.id, found.version, preferences.of(found))
    return answer(document, {"ETag": f'"{found.version}"'})
