"""What the hub's own pages share: one frame, one policy, and that nobody elsewhere sees them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.config import Settings
from hub.refusals import Refused

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "console"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
PLACES = (
    ("/", "Orders"),
    ("/dev/mail", "Mailbox"),
    ("/dev/gallery", "Notices"),
    ("/docs", "API"),
    ("/metrics", "Metrics"),
)

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; "
)
#: an e-mail may bring its own style, and nothing else
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; "


class Frame:
    """The frame of the pages of one hub."""

    def __init__(self, settings: Settings, labels: Catalogues) -> None:
        """Read the templates."""
        self._settings, self._labels = settings, labels
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
        )

    def language(self, request: Request) -> str:
        """Return the language that is asked for."""
        wanted = request.query_params.get("lang")
        return self._labels.negotiate(wanted or request.headers.get("accept-language"))

    def local_only(self, request: Request) -> None:
        """Refuse whoever is not on this machine, and a name that is made to look so."""
        host = request.headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if not self._settings.developers_pages or name.lower() not in LOOPBACK:
            raise Refused("not-found", "There is nothing here for others.")

    def render(self, template: str, seen: Mapping[str, Any]) -> str:
        """Fill a template in."""
        return self._templates.get_template(template).render(seen)

    def page(self, template: str, request: Request, **seen: Any) -> Response:
        """Answer with a page."""
        given = {"language": self.language(request), "places": PLACES, "here": None, **seen}
        if not self._settings.developers_pages:
            given["places"] = PLACES[-2:]
        text = self.render(template, given)
        return answer(text.encode(), "text/html")


def answer(
    content: bytes, media_type: str, *, policy: str = POLICY, framed_by: str = "'none'"
) -> Response:
    """Answer with the headers every page has."""
    headers = {
        "Content-Security-Policy": f"{policy}frame-ancestors {framed_by}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers, media_type=media_type)
