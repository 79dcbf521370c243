"""A milestone in words: one template per milestone, block by block, a default for the rest."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

from hub.catalogues import Catalogues
from hub.config import Settings
from hub.notify import brief, qr
from hub.notify.blocks import DEFAULT, LETTER, TEMPLATES, Blocks
from hub.notify.channels import Form
from hub.notify.colours import look
from hub.notify.markup import markup
from hub.notify.news import News, one_line
from hub.notify.own_words import OwnWords, OwnWordsFailed
from hub.notify.passages import button, passages, plain_text
from hub.notify.wording import Reader, by_language, values

WORDED = tuple(form for form in Form if form is not Form.DATA)
LONGEST_NAME = 80  #: characters of a person's name in the greeting
#: what leads to the page where readers say how they want to be told
CHOOSE = "Choose what we may tell you, and how"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice in words, in the form a channel carries."""

    subject: str
    short: str
    text: str
    html: str = ""
    sender: str = ""  #: the shop as customers know it
    reply_to: str | None = None
    link: str | None = None
    images: Mapping[str, bytes] = field(default_factory=dict)


class Renderer:
    """Every template, compiled once."""

    def __init__(
        self, catalogues: Catalogues, settings: Settings, folder: Path = TEMPLATES
    ) -> None:
        """Compile the templates of a folder; raise Jinja's error naming a broken one."""
        self._catalogues = catalogues
        self._settings = settings
        for name, shop in settings.shops.items():
            _zone(name, shop.timezone)
        self._ours = Blocks([folder])
        self._layout = self._ours.environment.get_template("_email.html")
        self._own = OwnWords(settings)

    def slow(self, news: News) -> bool:
        """Whether another process is asked: such a notice is better rendered in a thread."""
        return self._own.has(news.order["shop"])

    def prove(self, several: Iterable[News], now: datetime) -> None:
        """Render notices in the shops' own words; ``ValueError`` names what fails, and where."""
        for news in several:
            shop = news.order["shop"]
            try:
                if news.milestone in self._own.worded(shop) or DEFAULT in self._own.worded(shop):
                    for language, form in product(self._catalogues.languages, WORDED):
                        self._own.render(news, self._reader(news, language, None), form, now)
            except OwnWordsFailed as error:
                raise ValueError(
                    f"TILANNE_SHOPS: templates of shop {shop}, {news.milestone}: {error}; "
                    "correct the file, or take it away: then it is said in our words"
                ) from error

    def close(self) -> None:
        """Let go of the process that renders the shops' own templates."""
        self._own.close()

    def render(
        self,
        news: News,
        *,
        language: str,
        name: str | None,
        now: datetime,
        form: Form = Form.LETTER,
        timezone: str | None = None,
        first_order: bool = False,
        offers: bool = False,
        preferences: str | None = None,
    ) -> Rendered:
        """Put a milestone into words, in the form a channel carries.

        In: who reads it (``name`` None: not known, ``timezone`` None: the shop's; ``offers``: has
        agreed to hear of them; ``preferences``: where they say so) and the present moment, for
        words like today. Raises Jinja's ``UndefinedError`` rather than leave a gap.
        """
        reader = self._reader(news, language, name, timezone)
        reader = replace(reader, first_order=first_order, offers=offers, preferences=preferences)
        shown = self._settings.shop(news.order["shop"])
        known = values(news, reader, self._catalogues, now)
        said = self._own.said(news, reader, form, now)
        said = said or self._ours.said(news.milestone, form, known)
        subject, short = said["subject"], said["short"]
        sent: dict[str, Any] = {
            "sender": shown.name or "",
            "reply_to": shown.brand.reply_to,
            "link": known["link"],
        }
        if form is Form.LETTER:
            text, html, images = self._letter(news, reader, known, said)
            return Rendered(subject, short, text, html, images=images, **sent)
        if form is Form.SMS:
            return Rendered(subject, short, brief.sms(said["sms"], reader.shop), **sent)
        if form is Form.CHAT:
            return Rendered(subject, short, brief.chat(said["chat"]), **sent)
        title, body = brief.push(subject, short)
        return Rendered(title, short, body, **sent)

    def _reader(
        self, news: News, language: str, name: str | None, timezone: str | None = None
    ) -> Reader:
        shop = news.order["shop"]
        settings = self._settings.shop(shop)
        return Reader(
            language=language,
            timezone=_zone(shop, timezone or settings.timezone),
            shop=one_line(settings.name or shop),
            name=one_line(name or "")[:LONGEST_NAME],
            brand=settings.brand,
        )

    def _letter(
        self, news: News, reader: Reader, known: Mapping[str, Any], said: Mapping[str, str]
    ) -> tuple[str, str, Mapping[str, bytes]]:
        parts = {block: passages(said[block]) for block in LETTER}
        own = [by_language(reader.brand.footer, reader.language), reader.brand.address]
        parts["footer"] += passages("\n".join(filter(None, own)))
        links = {words: str(url) for words, url in reader.brand.links.items()}
        if reader.preferences:
            links[self._catalogues.label("preferences", CHOOSE, reader.language)] = (
                reader.preferences
            )
        html = self._layout.render(
            known,
            parts=parts,
            links=links,
            subject=said["subject"],
            short=said["short"],
            look=look(reader.brand.colour),
            logo=str(reader.brand.logo) if reader.brand.logo else None,
            markup=Markup(markup(news, reader.shop)),  # noqa: S704 - escaped for script elements
        )
        every = [one for block in LETTER for one in parts[block]]
        every += passages("\n".join(button(*link) for link in links.items()))
        code = qr.qr(known["code"]) if known["code_picture"] else None
        images = {qr.NAME: code} if code and f"cid:{qr.NAME}@" in html else {}
        return plain_text(every), re.sub(r"\n\s*\n", "\n", html), images


def _zone(shop: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"shop {shop}: there is no time zone {name!r}") from error
