"""The values a notice's templates may use, in the reader's language and time zone.

All of them always exist; what the order does not know is None or empty, and a template that asks
for anything else is an error, not a gap.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import format_currency

from hub.brand import Brand
from hub.catalogues import SOURCE, Catalogues
from hub.notify import goods, opening, passages, places, qr
from hub.notify.moments import Moments, read
from hub.notify.news import News
from state_machine.lifecycle import Stage
from state_machine.milestones import ANEW
from state_machine.problems import Reason
from state_machine.statuses import Status

#: what a template writes with besides paragraphs and lists
TOOLS = {
    "fact": passages.fact,
    "button": passages.button,
    "heading": passages.heading,
    "picture": passages.picture,
    "cut": passages.cut,
}
#: how it writes days and times
WRITTEN = ("day", "short_day", "until", "short_until", "window")
GONE = (Reason.DAMAGED, Stage.DISPOSED)  #: the parcel exists, but not as it was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads the notice, as far as the words depend on it."""

    language: str
    timezone: tzinfo
    shop: str  #: as customers know it
    name: str = ""  #: of the person; empty if not known
    brand: Brand = field(default_factory=Brand)
    first_order: bool = False  #: nothing was ordered from this shop before
    offers: bool = False  #: has agreed to hear of offers
    preferences: str | None = None  #: the page where they say how they want to be told


def values(news: News, reader: Reader, words: Catalogues, now: datetime) -> dict[str, Any]:
    """Return every name a template may use."""
    ret, brand = news.part("return"), reader.brand
    say = _say(words, reader.language)
    moments = Moments(words, reader.language, reader.timezone)
    refund = news.part("refund") or (ret and ret.get("refund"))
    return {
        **_gettext(words, reader.language),
        **_parcel(news, reader, moments, now),
        **_promise(news, moments),
        **TOOLS,
        "language": reader.language,
        "name": reader.name,
        "shop": reader.shop,
        "number": news.order["number"],
        "full_number": news.order["number"],
        "also": places.also(news),
        "status": say("status", news.order["status"]),
        "items": goods.items(news),
        "rest": goods.rest(news),
        "count": sum(item["quantity"] for item in goods.items(news)),
        "whole": news.order["status"] == Status.CANCELLED,
        "reason": _reason(news),
        "damaged": news.revision.partition(ANEW)[0] in GONE,
        "expected": _expected(news),
        "return_stage": ret and ret["stage"],
        "return_tracking": ret and ret.get("tracking_number"),
        "amount": money(refund, reader.language),
        "refunded_on": refund and read(refund.get("at")),
        "corrects": (news.part("corrects") or {}).get("milestone", ""),
        "today": moments.same_day(news.occurred_at, now),
        "first_order": reader.first_order,
        "website": str(brand.website) if brand.website else None,
        "customer_service": brand.customer_service,
        "offer": _offer(brand, reader),
        **{name: getattr(moments, name) for name in WRITTEN},
        "label": say,
    }


def _parcel(news: News, reader: Reader, moments: Moments, now: datetime) -> dict[str, Any]:
    parcel = news.part("parcel")
    known = parcel or {}
    point = known.get("pickup_point")
    near = opening.nearest_open(known.get("nearby"), moments.local(now))
    code = known.get("pickup_code")
    return {
        "parcel": parcel and {**parcel, "carrier": places.company(parcel.get("carrier"))},
        "pickup": point and places.place(point, reader.language),
        "nearby": near and places.place(near, reader.language),
        "code": code,
        "code_picture": qr.NAME if code and qr.qr(code) else None,
        "keep_until": read(known.get("keep_until")),
        "problem": known.get("problem"),
        "link": places.tracking_link(news),
    }


def _promise(news: News, moments: Moments) -> dict[str, Any]:
    promise = news.part("promise")
    window = None if promise is None or promise.get("broken") else promise
    moved = window is not None and window.get("revision", 1) > 1
    before = None
    if promise is not None:
        before = read(promise["latest"] if promise.get("broken") else promise.get("was"))
    return {
        "promise": window,
        "new_promise": window if moved else None,
        "promised_before": moments.until(before) if before else None,
    }


def money(refund: Mapping[str, Any] | None, language: str) -> str | None:
    """Write a refund's amount as the language does; None when the amount is not known."""
    if not refund or not refund.get("amount"):
        return None
    try:
        amount = Decimal(refund["amount"])
    except InvalidOperation:
        return None
    if not refund.get("currency") or not amount.is_finite():
        return str(refund["amount"])
    return format_currency(amount, refund["currency"], locale=language)


def _offer(brand: Brand, reader: Reader) -> dict[str, str | None] | None:
    text = by_language(brand.offer.text, reader.language) if brand.offer else None
    if brand.offer is None or text is None or not reader.offers:
        return None
    return {"text": text, "url": str(brand.offer.url) if brand.offer.url else None}


def by_language(texts: Mapping[Any, str], language: str) -> str | None:
    """Return what a shop says in a language, else in English, else nothing."""
    return texts.get(language) or texts.get(SOURCE)


def _reason(news: News) -> str:
    problem = (news.part("parcel") or {}).get("problem") or {}
    named = problem.get("reason") or news.revision.partition(":")[0]
    return named if named in set(Reason) else Reason.ACTION_REQUIRED


def _expected(news: News) -> datetime | None:
    waiting = [line for line in news.order["lines"] if line.get("backordered")]
    known = [read(line.get("expected_at")) for line in waiting]
    if not known or None in known:
        return None  # a date for some of the goods is no date for the order
    return max(one for one in known if one)


def _say(words: Catalogues, language: str) -> Callable[[str, str], str]:
    def say(context: str, code: str) -> str:
        # What to do is worded for the duties that differ; the rest have one wording.
        if context == "remedy" and not words.label(context, code, language, default=""):
            code = Reason.ACTION_REQUIRED
        return words.label(context, code, language)

    return say


def _gettext(words: Catalogues, language: str) -> dict[str, Callable[..., str]]:
    """Return what ``{% trans %}`` calls; the text is always a format, as Jinja's new style says."""
    known = words.translations(language)
    return {
        "gettext": lambda text, **names: known.gettext(text) % names,
        "pgettext": lambda context, text, **names: known.pgettext(context, text) % names,
        "ngettext": lambda one, many, num, **names: (
            known.ngettext(one, many, num) % {"num": num, **names}
        ),
    }
