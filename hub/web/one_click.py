"""One click to be told less: a page that asks, and a POST for mail programmes (RFC 8058)."""

from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.links import Purpose
from hub.notify import preferences
from hub.notify.preferences import Origin
from hub.store.customers import Customer
from hub.web.customer_frame import Frame, address, body, shop_of
from hub.web.customers import Desk
from state_machine.milestones import Urgency


def router(desk: Desk, labels: Catalogues) -> APIRouter:
    """Return the one page."""
    frame = Frame(desk, labels)
    return frame.door(Purpose.UNSUBSCRIBE, partial(unsubscribe, frame))


async def unsubscribe(frame: Frame, request: Request, opened: Customer) -> Response:
    """Show what would stop; on POST, stop it."""
    _, channel, message_class = frame.about(request, Purpose.UNSUBSCRIBE).split(" ")
    done = request.method == "POST" and b"One-Click" in await body(request)
    now = frame.desk.clock()
    if done:
        one = Urgency(message_class)
        origin = Origin("one-click", shop_of(opened), f"one-click/{one}")
        await frame.desk.store.write(
            lambda c: preferences.say(c, opened.id, channel, one, origin, given=False, now=now)
        )
    language = frame.language(request, opened)
    link = frame.desk.settings.links.token(Purpose.PREFERENCES, opened.id, now)
    return frame.page(
        "unsubscribe.html",
        language,
        title=frame.say("Stop these messages", language),
        done=done,
        here=address(Purpose.UNSUBSCRIBE, request.query_params["t"]),
        preferences=address(Purpose.PREFERENCES, link),
        class_title=frame.labels.label("message class", message_class, language),
        channel_name=frame.labels.label("channel", channel, language),
    )
