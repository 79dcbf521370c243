"""A letter says how not to get more of its kind, and where its reader can say what they want."""

import asyncio
import re
from email.message import EmailMessage

from hub.config import Settings
from hub.links import Purpose
from tests.hub.notify.servers import mail_server
from tests.hub.notify.test_dispatcher import steps
from tests.hub.notify.world import World

LINKS = {"base_url": "https://tilaus.example.fi", "keys": ["k" * 40]}


def letter(world: World, milestone: str, links: object = LINKS) -> tuple[EmailMessage, Settings]:
    async def story() -> tuple[EmailMessage, Settings]:
        async with mail_server() as post:
            settings = Settings(smtp_url=post.url, links=links)
            await steps(world.dispatcher(settings))
            return post.read(), settings

    world.add_order()
    world.tell(milestone, "order" if milestone == "cancelled" else "parcel:p1")
    return asyncio.run(story())


def test_what_may_be_switched_off_can_be_left_with_one_click(world: World) -> None:
    mail, settings = letter(world, "delivered")
    link = re.fullmatch(
        r"<https://tilaus\.example\.fi/unsubscribe\?t=(\S+)>", mail["List-Unsubscribe"]
    )

    assert link is not None
    about = settings.links.read(Purpose.UNSUBSCRIBE, link.group(1), world.now)
    assert "c-o1 email informative" == about
    assert "List-Unsubscribe=One-Click" == mail["List-Unsubscribe-Post"]
    assert "maija" not in link.group(1).lower()


def test_what_belongs_to_the_purchase_cannot_be_left_but_says_where_wishes_are_heard(
    world: World,
) -> None:
    mail, settings = letter(world, "cancelled")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    link = re.search(r"https://tilaus\.example\.fi/preferences\?t=(\S+)", text)

    assert mail["List-Unsubscribe"] is None
    assert link is not None
    assert "c-o1" == settings.links.read(Purpose.PREFERENCES, link.group(1), world.now)
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert f'href="{link.group(0)}"' in html


def test_a_hub_that_makes_no_links_writes_letters_without_them(world: World) -> None:
    mail, _ = letter(world, "delivered", {})

    assert mail["List-Unsubscribe"] is None
    assert "preferences?" not in mail.as_string()
