"""What the customer's own pages have in common: the link that opens them, the frame, the form.

Whoever holds a signed link may use them; there is no cookie and no session, so nobody can make
somebody else's browser do it (the link itself is what a forger would need). Nothing happens on GET:
mail programmes look at links before people do.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.links import BadLink, Purpose
from hub.store import customers
from hub.store.customers import Customer
from hub.web.customers import Desk

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "preferences"
#: makes the answer of one page
Shown = Callable[[Request, Customer], Awaitable[Response]]
LARGEST = 16_384  #: bytes of a form
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
CLOSED = {
    "is not one of ours": "This link is not complete. Perhaps a part of it was cut off.",
    "has expired": "This link has expired.",
}


class Frame:
    """How the customer's pages of one hub are opened and written."""

    def __init__(self, desk: Desk, labels: Catalogues) -> None:
        """Speak the languages of ``labels``."""
        self.desk, self.labels = desk, labels
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
        )

    async def open(self, request: Request, purpose: Purpose) -> Customer | Response:
        """Return whose link it is, or the page that says why it opens nothing."""
        try:
            about = self.about(request, purpose).partition(" ")[0]
        except BadLink as error:
            return self.closed(request, str(error), 410 if error.expired else 404)
        found = await self.desk.store.read(lambda c: customers.find(c, about))
        return found or self.closed(request, "has expired", 410)

    def door(self, purpose: Purpose, show: Shown) -> APIRouter:
        """Return the way to a page: ``show`` answers GET and POST of those whose link opens it."""

        async def answer(request: Request) -> Response:
            opened = await self.open(request, purpose)
            return opened if isinstance(opened, Response) else await show(request, opened)

        routes = APIRouter(include_in_schema=False)
        routes.add_api_route(
            f"/{purpose}", answer, methods=["GET", "POST"], response_class=Response
        )
        return routes

    def about(self, request: Request, purpose: Purpose) -> str:
        """Return what the link of a request is about. Raises ``BadLink``."""
        token = request.query_params.get("t", "")
        return self.desk.settings.links.read(purpose, token, self.desk.clock())

    def closed(self, request: Request, why: str, status: int) -> Response:
        """Say why a link opens nothing."""
        language = self.labels.negotiate(request.headers.get("accept-language"))
        title = self.say("This link does not work", language)
        reason = self.say(CLOSED[why], language)
        return self.page("closed.html", language, status=status, title=title, reason=reason)

    def language(self, request: Request, opened: Customer) -> str:
        """Return the language asked for, else the customer's, else the browser's."""
        own = opened.row.language if opened.row is not None else None
        stated = next((row.language for row in opened.contacts if row.language), None)
        usual = self.labels.negotiate(own or stated, default="")
        asked = request.query_params.get("lang")
        browser = usual or self.labels.negotiate(request.headers.get("accept-language"))
        return self.labels.negotiate(asked, default=browser)

    def say(self, text: str, language: str) -> str:
        """Return a text of these pages in a language."""
        return self.labels.label("preferences", text, language, default=text)

    def page(self, template: str, language: str, *, status: int = 200, **values: Any) -> Response:
        """Write a page."""
        html = self._templates.get_template(template).render(
            language=language, say=lambda text: self.say(text, language), **values
        )
        headers = {**HEADERS, "Content-Language": language}
        return Response(html, status_code=status, headers=headers, media_type="text/html")


def address(purpose: Purpose, token: str, **more: str) -> str:
    """Return where a link leads on this hub."""
    return f"/{purpose}?{urlencode({'t': token, **more})}"


def shop_of(opened: Customer) -> str | None:
    """Return the shop somebody is a customer of; None if there are several."""
    return opened.contacts[0].shop if len(opened.contacts) == 1 else None


async def fields(request: Request) -> Mapping[str, list[str]]:
    """Return what was entered in a form; nothing of one that no browser would send."""
    text = (await body(request)).decode("utf-8", "replace")
    try:
        return parse_qs(text, max_num_fields=200)
    except ValueError:
        return {}


async def body(request: Request) -> bytes:
    """Read a form; what is longer than any of ours is none."""
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > LARGEST:
            return b""
    return read
