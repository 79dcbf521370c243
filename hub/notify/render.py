"""A milestone in words: one template per milestone, block by block, a default for the rest."""

import re
from collections.abc import Iterable, Mapping
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
from hub.notify.channels import Form
from hub.notify.markup import markup
from hub.notify.news import News, one_line
from hub.notify.segments import plainer
from hub.notify.wording import Reader, values

TEMPLATES = LOCALE.parent / "notifications"
BLOCKS = ("greeting", "body", "details", "link", "footer")
LONGEST_NAME = 80  #: characters of a person's name in the greeting


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


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or a list of short lines."""

    lines: tuple[str, ...]
    list: bool = False

    def __str__(self) -> str:
        """Write it as plain text."""
        return "\n".join(f"- {line}" if self.list else line for line in self.lines)


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
        environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.newstyle_gettext = True  # type: ignore[attr-defined]
        self._notices: Mapping[str, Template] = {
            Path(name).stem: environment.get_template(name)
            for name in environment.list_templates(extensions=["jinja"])
        }
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
    ) -> Rendered:
        """Put a milestone into words, in the form a channel carries.

        In: who reads it (``name`` None: not known) and the present moment, for words like today.
        Raises Jinja's ``UndefinedError`` rather than leave a gap.
        """
        shop = news.order["shop"]
        settings = self._settings.shop(shop)
        reader = Reader(
            language=language,
            timezone=_zone(shop, settings.timezone),
            shop=settings.name or shop,
            name=one_line(name or "")[:LONGEST_NAME],
        )
        known = values(news, reader, self._catalogues, now)
        subject, short = (
            " ".join(self._block(news.milestone, block, known).split())
            for block in ("subject", "short")
        )
        sent = {"sender": settings.name or "", "link": known["link"]}
        if form is not Form.LETTER:
            return Rendered(subject, short, _brief(form, short, reader, known["link"]), **sent)
        parts = {block: passages(self._block(news.milestone, block, known)) for block in BLOCKS}
        html = self._layout.render(
            {**known, **parts, "link": known["link"], "link_text": parts["link"]},
            subject=subject,
            markup=Markup(markup(news, reader.shop)),  # noqa: S704 - escaped for script elements
        )
        compact = re.sub(r"\n\s*\n", "\n", html)
        return Rendered(subject, short, _text(parts, known["link"]), compact, **sent)

    def _block(self, milestone: str, block: str, known: Mapping[str, Any]) -> str:
        own = self._notices.get(milestone, self._default)
        template = own if block in own.blocks else self._default
        return "".join(template.blocks[block](template.new_context(dict(known))))


def _brief(form: Form, short: str, reader: Reader, link: str | None) -> str:
    if form is Form.SMS:
        return plainer(f"{reader.shop}: {short}")
    return "\n".join(filter(None, (short, link))) if form is Form.CHAT else short


def _zone(shop: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"shop {shop}: there is no time zone {name!r}") from error


def passages(text: str) -> list[Passage]:
    """Read rendered lines: a line is a paragraph, lines that begin with "- " make a list."""
    found: list[Passage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        listed = line.startswith("- ")
        said = line.removeprefix("- ") if listed else line
        if listed and found and found[-1].list:
            found[-1] = Passage((*found[-1].lines, said), list=True)
        else:
            found.append(Passage((said,), list=listed))
    return found


def _text(parts: Mapping[str, Iterable[Passage]], link: str | None) -> str:
    said = []
    for block in BLOCKS:
        if block == "link":
            said += [f"{passage} {link}" for passage in parts[block]]
        else:
            said += [str(passage) for passage in parts[block]]
    return "\n\n".join(said) + "\n"
