"""The customer's own page: by what, of what, when and in which language they want to be told."""

from collections.abc import Mapping
from hashlib import sha256

from babel import Locale
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.catalogues import Catalogues
from hub.links import Purpose
from hub.notify import preferences
from hub.notify.preferences import ChangedMeanwhile, Origin, Preferences, UnknownCustomer
from hub.store.consents import OFFERS
from hub.store.customers import Customer
from hub.web.customer_frame import HEADERS, Frame, address, fields, shop_of
from hub.web.customers import Desk
from hub.web.preference_form import Form, boxes, read_form
from state_machine.milestones import Urgency


class CustomerPages:
    """Where customers say how they want to be told."""

    def __init__(self, frame: Frame) -> None:
        """Write pages in ``frame``."""
        self._frame = frame

    async def preferences(self, request: Request, opened: Customer) -> Response:
        """Show how the customer wants to be told; on POST, write down what they want."""
        if request.method != "POST":
            saved = "saved" in request.query_params
            return self._form(request, opened, message="Saved. Thank you." if saved else "")
        form = self._read(await fields(request), opened)
        if _from_elsewhere(request) or form is None:
            return self._form(request, opened, message="Please check what you entered.", status=400)
        if form.nowhere:
            text = "Leave at least one way to reach you when it matters."
            return self._form(request, opened, message=text, status=400)
        return await self._save(request, opened, form)

    async def _save(self, request: Request, opened: Customer, form: Form) -> Response:
        language = self._frame.language(request, opened)
        origin = _origin(
            opened, f"preferences/{language}", *(self._hint(one, language) for one in Urgency)
        )
        on_offers = _origin(opened, f"offers/{language}", *self._of_offers(language).values())
        now = self._frame.desk.clock()
        try:
            await self._frame.desk.store.write(
                lambda c: preferences.save(
                    c,
                    opened.id,
                    form.wanted,
                    origin,
                    now=now,
                    version=form.version,
                    on_offers=on_offers,
                )
            )
        except (ChangedMeanwhile, UnknownCustomer):
            text = "This was changed somewhere else meanwhile. Please look at it and save again."
            return self._form(request, opened, message=text, status=409)
        link = request.query_params["t"]
        after = address(Purpose.PREFERENCES, link, lang=language, saved="1")
        return Response(status_code=303, headers={**HEADERS, "Location": after})

    def _form(
        self, request: Request, opened: Customer, *, message: str = "", status: int = 200
    ) -> Response:
        language = self._frame.language(request, opened)
        known = preferences.of(opened)
        names = [
            (one, self._frame.labels.label("channel", one, language))
            for one in self._frame.desk.channels
        ]
        return self._frame.page(
            "preferences.html",
            language,
            status=status,
            title=self._frame.say("How we may write to you", language),
            here=address(Purpose.PREFERENCES, request.query_params["t"]),
            message=self._frame.say(message, language) if message else "",
            tone="good" if status == 200 else "bad",
            version=opened.version,
            classes=[
                {
                    "code": str(one),
                    "title": self._frame.labels.label("message class", one, language),
                    "hint": self._hint(one, language),
                    "boxes": boxes(one, known, names),
                }
                for one in Urgency
            ],
            offers=self._offers(opened, language, known),
            channels=names,
            first=next(iter(known.channels.get("*", ())), ""),
            languages=[(one, _own_name(one)) for one in self._frame.labels.languages],
            wanted=known.language or "",
            since=f"{known.quiet.since:%H:%M}" if known.quiet else "",
            until=f"{known.quiet.until:%H:%M}" if known.quiet else "",
        )

    def _offers(
        self, opened: Customer, language: str, known: Preferences
    ) -> Mapping[str, object] | None:
        """Return the box for offers; None where there is nothing to agree to."""
        shops = [self._frame.desk.settings.shop(row.shop) for row in opened.contacts]
        if not known.offers and all(shop.brand.offer is None for shop in shops):
            return None
        return {**self._of_offers(language), "on": known.offers}

    def _of_offers(self, language: str) -> Mapping[str, str]:
        """Return what is read before somebody agrees to offers."""
        return {
            "title": self._frame.labels.label("message class", OFFERS, language),
            "hint": self._hint(OFFERS, language),
            "yes": self._frame.say("Yes, show me offers", language),
        }

    def _read(self, sent: Mapping[str, list[str]], opened: Customer) -> Form | None:
        languages = self._frame.labels.languages
        return read_form(sent, opened, channels=self._frame.desk.channels, languages=languages)

    def _hint(self, one: str, language: str) -> str:
        return self._frame.labels.label("message class hint", one, language)


def router(desk: Desk, labels: Catalogues) -> APIRouter:
    """Return the one page."""
    frame = Frame(desk, labels)
    return frame.door(Purpose.PREFERENCES, CustomerPages(frame).preferences)


def _origin(opened: Customer, text_id: str, *shown: str) -> Origin:
    """Return where something is said: on this page, below a text that was shown."""
    proof = sha256("\n".join(shown).encode()).hexdigest()
    return Origin("page", shop_of(opened), text_id, proof)


def _own_name(language: str) -> str:
    return (Locale.parse(language).get_language_name(language) or language).capitalize()


def _from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site made it send this (Fetch Metadata)."""
    return request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
