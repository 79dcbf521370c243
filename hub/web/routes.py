"""What all routes about orders share: how they are called, what they need, how they say no."""

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request

#: an answer may be kept by its reader alone, and is asked for again with its ETag
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Language, Authorization",
    "X-Content-Type-Options": "nosniff",
}
REFUSALS = ("key-missing", "scope-missing", "too-often", "storage-unavailable", "internal-error")
SECURED: dict[str, Any] = {"security": [{"bearer": []}]}


class Direct(APIRoute):
    """A route whose function takes the request itself: documented alike, and twice as quick."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Call the function with nothing in between."""
        return self.endpoint
