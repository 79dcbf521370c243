"""What a process answers over HTTP: its routes, each error as a problem document, described."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from hub import __version__
from hub.intake.webhooks import Door
from hub.web import problems
from hub.web.doorway import Doorway
from hub.web.openapi import describe


def surface(routers: Sequence[APIRouter], door: Door | None = None) -> FastAPI:
    """Build it of its routes, in this order; deliveries go straight to the ``door``."""
    web = FastAPI(title="Tilanne", version=__version__, docs_url=None, redoc_url=None)
    # an address is right or wrong; "try there" would be built from a Host that anybody can send
    web.router.redirect_slashes = False
    problems.install(web)
    for one in routers:
        web.include_router(one)
    if door is not None:
        web.add_middleware(Doorway, take=door.take)
    describe(web)
    return web
