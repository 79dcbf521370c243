"""One notice as it is looked at: rendered, measured, and able to stand by itself."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hub.config import Settings
from hub.gallery.lives import MILESTONES, news
from hub.notify.channels import Form
from hub.notify.render import Rendered, Renderer
from hub.notify.segments import segments, septets
from state_machine.milestones import Told

Scheme = Literal["light", "dark"]
FORMS = (Form.LETTER, Form.SMS, Form.PUSH, Form.CHAT)
NAME = "Aino"  #: who reads them
EXAMPLE = "kauppa"  #: a shop, where none is configured


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which notices: everything that is left out is not narrowed down."""

    milestones: Sequence[Told] = MILESTONES
    forms: Sequence[Form] = FORMS
    languages: Sequence[str]
    shops: Sequence[str]
    rich: Sequence[bool] = (True,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One notice in one form, language and shop's look."""

    milestone: Told
    form: Form
    language: str
    shop: str
    rich: bool
    words: Rendered

    @property
    def segments(self) -> int | None:
        """How many segments an SMS takes; None for what is none."""
        return segments(self.words.text) if self.form is Form.SMS else None

    def facts(self) -> dict[str, Any]:
        """Return what a program may want to know of it."""
        return {
            "milestone": str(self.milestone),
            "channel": str(self.form),
            "language": self.language,
            "shop": self.shop,
            "data": "rich" if self.rich else "bare",
            "subject": self.words.subject,
            "subject_length": len(self.words.subject),
            "text": self.words.text,
            "html": self.words.html or None,
            "segments": self.segments,
            "gsm7": septets(self.words.text) is not None if self.form is Form.SMS else None,
        }


def shops_of(settings: Settings) -> tuple[str, ...]:
    """Return the shops that have a look of their own, or an example."""
    return tuple(settings.shops) or (EXAMPLE,)


def exhibits(renderer: Renderer, wanted: Wanted, now: datetime) -> Iterator[Exhibit]:
    """Render what is wanted, milestone by milestone."""
    for milestone in wanted.milestones:
        for shop in wanted.shops:
            for rich in wanted.rich:
                told = news(milestone, shop, now, rich=rich)
                for language in wanted.languages:
                    for form in wanted.forms:
                        words = renderer.render(
                            told,
                            language=language,
                            name=NAME if rich else None,
                            now=now,
                            form=form,
                            first_order=rich,
                            offers=True,
                        )
                        yield Exhibit(
                            milestone=milestone,
                            form=form,
                            language=language,
                            shop=shop,
                            rich=rich,
                            words=words,
                        )


def page(words: Rendered, scheme: Scheme | None = None) -> str:
    """Return the HTML of an e-mail with its pictures in it, in one colour scheme if one is named.

    A browser shows the scheme of its machine; whoever looks wants to see both.
    """
    html = words.html
    for name, png in words.images.items():
        html = html.replace(
            f"cid:{name}@tilanne", f"data:image/png;base64,{b64encode(png).decode()}"
        )
    if scheme:
        dark = "all" if scheme == "dark" else "not all"
        html = html.replace("(prefers-color-scheme: dark)", dark)
        html = html.replace("color-scheme: light dark", f"color-scheme: {scheme}")
    return html
