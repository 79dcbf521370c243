"""A milestone in words: one template per milestone, block by block, a default for the rest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from hub.catalogues import LOCALE, Catalogues
from hub.config import Settings
from hub.notify import brief, qr
from hub.notify.channels import Form
from hub.notify.colours import look
from hub.notify.markup import markup
from hub.notify.news import News, one_line
from hub.notify.passages import cut, passages, plain_text
from hub.notify.wording import Reader, by_language, values

TEMPLATES = LOCALE.parent / "notifications"
#: what an e-mail consists of, in its order; ``next``: what comes next and what the reader must do
BLOCKS = ("greeting", "body", "link", "next", "details", "offer", "footer")
#: a date that ends in a full stop, at the end of a sentence
ONE_STOP = re.compile(r"(?<!\.)\.\.(?!\.)")
LONGEST_NAME = 80  #: characters of a person's name in the greeting
LONGEST_SUBJECT = 60
LONGEST_NUMBER = 20  #: characters of an order's number in a subject and in a few words


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
        environment = sandbox(folder)
        self._notices = notices(environment)
        self._default = self._notices["_default"]
        self._layout = environment.get_template("_email.html")

    def render(
        self,
        news: News,
        *,
        language: str,
        name: str | None,
        now: datetime,
        form: Form = Form.LETTER,
        first_order: bool = False,
        offers: bool = False,
    ) -> Rendered:
        """Put a milestone into words, in the form a channel carries.

        In: who reads it (``name`` None: not known; ``offers``: has agreed to hear of them) and the
        present moment, for words like today. Raises Jinja's ``UndefinedError`` rather than leave a
        gap.
        """
        shop = news.order["shop"]
        settings = self._settings.shop(shop)
        reader = Reader(
            language=language,
            timezone=_zone(shop, settings.timezone),
            shop=one_line(settings.name or shop),
            name=one_line(name or "")[:LONGEST_NAME],
            brand=settings.brand,
            first_order=first_order,
            offers=offers,
        )
        return self._render(news, reader, now, form, settings.name or "")

    def _render(
        self, news: News, reader: Reader, now: datetime, form: Form, sender: str
    ) -> Rendered:
        known = values(news, reader, self._catalogues, now)
        known |= {"number": cut(known["number"], LONGEST_NUMBER), "full_number": known["number"]}
        subject, short = self._lines(news, known)
        known |= {"short": short}
        sent = {"sender": sender, "reply_to": reader.brand.reply_to, "link": known["link"]}
        if form is Form.LETTER:
            return self._letter(news, known, reader, subject, sent)
        subject, text = self._brief(form, news, known, subject)
        return Rendered(subject, short, text, **sent)

    def _lines(self, news: News, known: Mapping[str, Any]) -> tuple[str, str]:
        subject, short = (
            " ".join(self._block(news, block, known).split()) for block in ("subject", "short")
        )
        return cut(subject, LONGEST_SUBJECT), short

    def _brief(
        self, form: Form, news: News, known: Mapping[str, Any], subject: str
    ) -> tuple[str, str]:
        if form is Form.SMS:
            return subject, brief.sms(self._block(news, "sms", known), known["shop"])
        if form is Form.CHAT:
            return subject, brief.chat(self._block(news, "chat", known))
        return brief.push(subject, known["short"])

    def _letter(
        self,
        news: News,
        known: dict[str, Any],
        reader: Reader,
        subject: str,
        sent: Mapping[str, Any],
    ) -> Rendered:
        known |= {"number": known["full_number"]}
        parts = {block: passages(self._block(news, block, known)) for block in BLOCKS}
        own = [by_language(reader.brand.footer, reader.language), reader.brand.address]
        parts["footer"] += passages("\n".join(filter(None, own)))
        links = {words: str(url) for words, url in reader.brand.links.items()}
        html = self._layout.render(
            known,
            parts=parts,
            links=links,
            subject=subject,
            look=look(reader.brand.colour),
            logo=str(reader.brand.logo) if reader.brand.logo else None,
            markup=Markup(markup(news, reader.shop)),  # noqa: S704 - escaped for script elements
        )
        every = [one for block in BLOCKS for one in parts[block]]
        every += passages("\n".join(known["button"](*link) for link in links.items()))
        code = qr.qr(known["code"]) if known["code_picture"] else None
        images = {qr.NAME: code} if code and f"cid:{qr.NAME}@" in html else {}
        compact = re.sub(r"\n\s*\n", "\n", html)
        text = plain_text(every)
        return Rendered(subject, known["short"], text, compact, images=images, **sent)

    def _block(self, news: News, block: str, known: Mapping[str, Any]) -> str:
        own = self._notices.get(news.milestone, self._default)
        template = own if block in own.blocks else self._default
        said = "".join(template.blocks[block](template.new_context(dict(known))))
        return ONE_STOP.sub(".", said)


def sandbox(folder: Path) -> ImmutableSandboxedEnvironment:
    """Return what the templates of a folder run in: nothing to reach out of, no name forgiven."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    return environment


def notices(environment: ImmutableSandboxedEnvironment) -> Mapping[str, Template]:
    """Compile every notice there is; Jinja's error names a broken one."""
    return {
        Path(name).stem: environment.get_template(name)
        for name in environment.list_templates(extensions=["jinja"])
    }


def _zone(shop: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"shop {shop}: there is no time zone {name!r}") from error
