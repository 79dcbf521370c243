"""A notice that is about to go out, put into words for whom it is for."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

from hub.config import Settings
from hub.notify.channels import Form
from hub.notify.leaving import preferences_link
from hub.notify.news import News
from hub.notify.render import Rendered, Renderer
from hub.notify.wishes import Wishes, zone


async def spoken(
    renderer: Renderer, row: Any, news: News, form: Form, *, settings: Settings, now: datetime
) -> Rendered:
    """Render the notice of a row that is due; in a thread where another process is asked."""
    wishes = Wishes.read(row)
    render = partial(
        renderer.render,
        news,
        language=row.language,
        name=row.name,
        now=now,
        form=form,
        timezone=zone(wishes, row.country, settings.shop(row.shop or "")).key,
        first_order=bool(row.first_order),
        offers=wishes.offers,
        preferences=preferences_link(row, settings.links, now),
    )
    return await asyncio.to_thread(render) if renderer.slow(news) else render()
