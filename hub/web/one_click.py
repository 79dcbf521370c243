"""One click to be told less: a page that asks, and a POST for mail programmes (RFC 8058)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.links import Purpose
from hub.notify import preferences
from hub.notify.preferences import Origin
from hub.web.customer_frame import Frame, address, body, shop_of
from hub.web.customers import Desk
from state_machine.milestones import Urgency


class OneClick:
    """Where customers leave a class of messages."""

    def __init__(self, frame: Frame) -> None:
        """Write pages in ``frame``."""
        self._frame = frame

    async def unsubscribe(self, request: Request) -> Response:
        """Show what would stop; on POST, stop it."""
        opened = await self._frame.open(request, Purpose.UNSUBSCRIBE)
        if isinstance(opened, Response):
            return opened
        _, channel, message_class = self._frame.about(request, Purpose.UNSUBSCRIBE).split(" ")
        done = request.method == "POST" and b"One-Click" in await body(request)
        if done:
            now, shop = self._frame.desk.clock(), shop_of(opened)
            origin = Origin("one-click", shop, f"one-click/{message_class}")
            await self._frame.desk.store.write(
                lambda c: preferences.say(
                    c, opened.id, channel, Urgency(message_class), origin, given=False, now=now
                )
            )
        language = self._frame.language(request, opened)
        link = self._frame.desk.settings.links.token(
            Purpose.PREFERENCES, opened.id, self._frame.desk.clock()
        )
        return self._frame.page(
            "unsubscribe.html",
            language,
            title=self._frame.say("Stop these messages", language),
            done=done,
            here=address(Purpose.UNSUBSCRIBE, request.query_params["t"]),
            preferences=address(Purpose.PREFERENCES, link),
            class_title=self._frame.labels.label("message class", message_class, language),
            channel_name=self._frame.labels.label("channel", channel, language),
        )


def router(desk: Desk, labels: Catalogues) -> APIRouter:
    """Return the one page."""
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(
        f"/{Purpose.UNSUBSCRIBE}",
        OneClick(Frame(desk, labels)).unsubscribe,
        methods=["GET", "POST"],
        response_class=Response,
    )
    return routes
