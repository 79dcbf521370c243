"""The gallery of notices for whoever runs the hub on this machine: all of them, to be looked at."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.clock import Clock
from hub.config import Settings
from hub.gallery.lives import MILESTONES
from hub.gallery.shown import FORMS, Exhibit, Wanted, exhibits, page, shops_of
from hub.notify.channels import Form
from hub.notify.render import Renderer
from hub.refusals import Refused
from hub.web.frame import LETTER_POLICY, Frame, answer
from state_machine.milestones import Told

ALL = "all"
SCHEMES, WIDTHS, DATA = ("light", "dark"), ("wide", "narrow"), ("rich", "bare")


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter of the page: what may be chosen, and what is."""

    name: str
    options: Sequence[str]
    chosen: str

    @property
    def several(self) -> Sequence[str]:
        """Return what is to be shown of it."""
        return [one for one in self.options if one != ALL] if self.chosen == ALL else [self.chosen]


class Gallery:
    """The page and the e-mails in it."""

    def __init__(self, settings: Settings, labels: Catalogues, clock: Clock) -> None:
        """Compile nothing before somebody looks: the page is for the few."""
        self._settings, self._labels, self._clock = settings, labels, clock
        self._frame = Frame(settings, labels)

    async def shown(self, request: Request) -> Response:
        """Show the notices that are chosen."""
        self._frame.local_only(request)
        choices = self._choices(request)
        found = await asyncio.to_thread(self._render, choices)
        return self._frame.page(
            "gallery.html",
            request,
            here="/dev/gallery",
            choices=choices.values(),
            groups=_grouped(found),
            chosen={name: choice.chosen for name, choice in choices.items()},
            link=lambda **other: _link(choices, other),
            source=lambda one: _source(one, choices["scheme"].chosen),
        )

    async def letter(self, request: Request) -> Response:
        """Give the HTML of one e-mail, for a frame that can do nothing."""
        self._frame.local_only(request)
        choices = self._choices(request)
        for name in ("milestone", "language", "shop"):
            choices[name] = replace(choices[name], options=choices[name].several[:1], chosen=ALL)
        choices["channel"] = replace(choices["channel"], chosen=str(Form.LETTER))
        found = await asyncio.to_thread(self._render, choices)
        dark = choices["scheme"].chosen == "dark"
        html = page(found[0].words, "dark" if dark else "light")
        return answer(html.encode(), "text/html", policy=LETTER_POLICY, framed_by="'self'")

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self._labels, self._settings)

    def _render(self, choices: Mapping[str, Choice]) -> list[Exhibit]:
        wanted = Wanted(
            milestones=[Told(one) for one in choices["milestone"].several],
            forms=[Form(one) for one in choices["channel"].several],
            languages=choices["language"].several,
            shops=choices["shop"].several,
            rich=[one == "rich" for one in choices["data"].several],
        )
        return list(exhibits(self._renderer, wanted, self._clock()))

    def _choices(self, request: Request) -> dict[str, Choice]:
        languages, shops = [*self._labels.languages], shops_of(self._settings)
        preferred = self._frame.language(request)
        known = {
            "milestone": ([ALL, *map(str, MILESTONES)], ALL),
            "channel": ([ALL, *map(str, FORMS)], ALL),
            "language": ([ALL, *languages], preferred),
            "shop": ([ALL, *shops], shops[0]),
            "data": ([ALL, *DATA], DATA[0]),
            "scheme": (SCHEMES, SCHEMES[0]),
            "width": (WIDTHS, WIDTHS[0]),
        }
        chosen = {}
        for name, (options, default) in known.items():
            asked = request.query_params.get(name, default)
            if asked not in options:
                raise Refused("not-found", f"There is no such {name} in the gallery.")
            chosen[name] = Choice(name, options, asked)
        return chosen


def router(*, settings: Settings, labels: Catalogues, clock: Clock) -> APIRouter:
    """Return the gallery; it is no part of the public contract."""
    gallery = Gallery(settings, labels, clock)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route("/dev/gallery", gallery.shown, response_class=Response)
    routes.add_api_route("/dev/gallery/letter", gallery.letter, response_class=Response)
    return routes


def _grouped(found: Sequence[Exhibit]) -> Mapping[tuple[str, ...], list[Exhibit]]:
    """Put side by side what is one notice in several forms."""
    groups: dict[tuple[str, ...], list[Exhibit]] = {}
    for one in found:
        data = "rich" if one.rich else "bare"
        groups.setdefault((str(one.milestone), one.language, one.shop, data), []).append(one)
    return groups


def _link(choices: Mapping[str, Choice], other: Mapping[str, str]) -> str:
    chosen = {name: choice.chosen for name, choice in choices.items()}
    return f"/dev/gallery?{urlencode({**chosen, **other})}"


def _source(one: Exhibit, scheme: str) -> str:
    data = "rich" if one.rich else "bare"
    asked = {"milestone": str(one.milestone), "language": one.language, "shop": one.shop}
    return f"/dev/gallery/letter?{urlencode(asked | {'data': data, 'scheme': scheme})}"
