"""All that is about customers: over the API, and on their own pages."""

from fastapi import APIRouter

from hub.catalogues import Catalogues
from hub.web import customer_pages, customers, one_click, preferring
from hub.web.customers import Desk


def router(desk: Desk, labels: Catalogues) -> APIRouter:
    """Return every route about customers."""
    routes = APIRouter()
    routes.include_router(customers.router(desk))
    for part in (preferring, customer_pages, one_click):
        routes.include_router(part.router(desk, labels))
    return routes
