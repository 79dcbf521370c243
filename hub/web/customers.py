"""Customers over the API: who they are, how they want to be told, what they have agreed to."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from hub.clock import Clock
from hub.config import Settings
from hub.notify import preferences
from hub.notify.preferences import Origin
from hub.refusals import Refused
from hub.store import consents, customers
from hub.store.customers import Customer
from hub.store.session import Store
from hub.web.auth import Keys
from hub.web.problems import declared
from hub.web.routes import HEADERS, REFUSALS, SECURED
from hub.web.schemas_of_consents import ConsentIn, ConsentsOut
from hub.web.schemas_of_customers import AddressIn, CustomerOut
from hub.web.snapshots import write

UNKNOWN = "No customer of this hub has this id."
#: method, path, function, what it answers, operation id, summary
Route = tuple[str, str, Any, Any, str, str]
LEDGER = ("channel", "given", "at", "source", "shop", "text_id", "text_hash")


class Desk:
    """Where shops speak for their customers."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, channels: Collection[str]
    ) -> None:
        """``channels``: by which customers can be told."""
        self.store, self.settings, self.clock = store, settings, clock
        self.keys, self.channels = Keys(settings.api_keys), channels

    async def find(
        self, request: Request, order: Annotated[str, Query(max_length=255)]
    ) -> Response:
        """Return the customer of an order."""
        self.keys.require(request, "read")
        found = await self.store.read(lambda c: customers.of_order(c, order))
        if found is None:
            raise Refused("unknown-customer", "Nobody is known as the customer of this order.")
        return answer(await self._shown(found))

    async def customer(self, request: Request, customer_id: str) -> Response:
        """Return a customer, by their own id or by an order's `customer_ref`."""
        self.keys.require(request, "read")
        return answer(await self._shown(await self.known(customer_id)))

    async def address(self, request: Request, customer_id: str, stated: AddressIn) -> Response:
        """Note an address. One that another customer has verified too makes the two one."""
        self.keys.require(request, "write")
        address = customers.normal(stated.kind, stated.address)
        if address is None:
            raise Refused("bad-parameter", f"body.address: is no address of kind {stated.kind}")
        known, now = await self.known(customer_id), self.clock()

        def note(connection: Any) -> str:
            return customers.state_address(
                connection,
                customers.settle(connection, known, now),
                kind=stated.kind,
                address=address,
                verified=stated.verified,
                now=now,
            )

        return answer(await self._shown(await self.known(await self.store.write(note))))

    async def ledger(self, request: Request, customer_id: str) -> Response:
        """Return everything a customer ever agreed to or withdrew."""
        self.keys.require(request, "read")
        return await self._ledger(await self.known(customer_id))

    async def consent(self, request: Request, customer_id: str, said: ConsentIn) -> Response:
        """Write into the ledger what a customer agreed to or withdrew; nothing is written twice."""
        key, now = self.keys.holder(request, "write"), self.clock()
        if said.channel not in {consents.EVERY, *self.channels}:
            raise Refused("bad-parameter", "body.channel: there is no such channel to customers")
        if said.at is not None and (said.at.tzinfo is None or said.at > now):
            raise Refused("bad-parameter", "body.at: must be a time gone by, with its offset")
        if said.message_class == consents.OFFERS:
            _of_offers(said)
        origin = Origin(f"api:{key.name}", said.shop, said.text_id, said.text_hash)
        known = await self.known(customer_id)
        saved = await self.store.write(
            lambda c: preferences.say(
                c,
                known.id,
                said.channel,
                said.message_class,
                origin,
                given=said.given,
                now=now,
                at=said.at,
            )
        )
        return await self._ledger(saved)

    async def known(self, ref: str) -> Customer:
        """Return a customer; raise ``Refused`` if nobody has this id."""
        found = await self.store.read(lambda c: customers.find(c, ref))
        if found is None:
            raise Refused("unknown-customer", UNKNOWN)
        return found

    async def _shown(self, found: Customer) -> dict[str, Any]:
        own = await self.store.read(lambda c: customers.addresses(c, [found.id]))
        seen = ("kind", "verified_at", "disabled_at")
        return {
            "id": found.id,
            "contacts": [row.id for row in found.contacts],
            "addresses": [{name: getattr(row, name) for name in seen} for row in own],
        }

    async def _ledger(self, found: Customer) -> Response:
        lines = await self.store.read(lambda c: consents.ledger(c, customers.everyone(c, found.id)))
        said = [
            {name: getattr(row, name) for name in LEDGER} | {"class": row.message_class}
            for row in lines
        ]
        return answer({"customer": found.id, "consents": said})


def router(desk: Desk) -> APIRouter:
    """Return the routes to customers themselves."""
    routes = APIRouter(prefix="/v1/customers", tags=["customers"])
    refusals = declared(*REFUSALS, "unknown-customer", "bad-parameter")
    one = "/{customer_id}"
    table: tuple[Route, ...] = (
        ("GET", "", desk.find, CustomerOut, "findCustomer", "The customer of an order"),
        ("GET", one, desk.customer, CustomerOut, "getCustomer", "One customer"),
        ("POST", f"{one}/addresses", desk.address, CustomerOut, "stateAddress", "State an address"),
        ("GET", f"{one}/consents", desk.ledger, ConsentsOut, "getConsents", "What was agreed to"),
        ("POST", f"{one}/consents", desk.consent, ConsentsOut, "addConsent", "Note an agreement"),
    )
    for route in table:
        add(routes, route, refusals)
    return routes


def _of_offers(said: ConsentIn) -> None:
    """Refuse what cannot be said of offers, or could not be proved."""
    if said.channel != consents.EVERY:
        raise Refused("bad-parameter", 'body.channel: offers are agreed to on every one, write "*"')
    if said.given and not said.text_id:
        raise Refused("bad-parameter", "body.text_id: say what was read before it was agreed to")


def add(routes: APIRouter, route: Route, refusals: dict[int | str, dict[str, Any]]) -> None:
    """Add a route for those who have a key."""
    method, path, answers, model, name, summary = route
    routes.add_api_route(
        path,
        answers,
        methods=[method],
        response_model=model,
        operation_id=name,
        summary=summary,
        responses=refusals,
        openapi_extra=SECURED,
    )


def answer(document: object, more: dict[str, str] | None = None) -> Response:
    """Write a document for whoever asked, and nobody else."""
    return Response(
        write(document), headers={**HEADERS, **(more or {})}, media_type="application/json"
    )
