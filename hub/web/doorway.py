"""The short way to the door: a delivery is handed over before any other address is looked at.

Deliveries are nearly all of the traffic, and the way through the application's routes costs as much
as taking one in. The route behind it stays: it describes the door, and says no to other methods.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.refusals import Refused
from hub.web.problems import answer_refused

PREFIX = "/in/"


class Doorway:
    """ASGI middleware in front of the routes."""

    def __init__(self, app: ASGIApp, take: Callable[[Request], Awaitable[Response]]) -> None:
        """``take`` gets every ``POST /in/{connector}``, all the rest goes on to ``app``."""
        self._app = app
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a delivery, or let the request pass."""
        name = _connector(scope)
        if not name:
            await self._app(scope, receive, send)
            return
        request = Request({**scope, "path_params": {"connector": name}}, receive)
        try:
            response = await self._take(request)
        except Refused as refused:
            response = answer_refused(request, refused)
        await response(scope, receive, send)


def _connector(scope: Scope) -> str:
    if scope["type"] != "http" or scope["method"] != "POST":
        return ""
    path: str = scope["path"]
    name = path[len(PREFIX) :] if path.startswith(PREFIX) else ""
    return "" if "/" in name else name
