"""The values a notice's templates may use, in the reader's language and the shop's time zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date
from babel.numbers import format_currency

from hub.catalogues import Catalogues
from hub.notify.news import News
from state_machine.lifecycle import Stage
from state_machine.milestones import ANEW, Told
from state_machine.problems import Reason
from state_machine.statuses import Status

#: which count of a line a milestone speaks of, where it names no units
COUNTED = {Told.BACKORDERED: "backordered", Told.CANCELLED: "cancelled"}
GONE = (Reason.DAMAGED, Stage.DISPOSED)  #: the parcel exists, but not as it was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads the notice, as far as the words depend on it."""

    language: str
    timezone: tzinfo
    shop: str  #: as customers know it
    name: str = ""  #: of the person; empty if not known


def values(news: News, reader: Reader, words: Catalogues, now: datetime) -> dict[str, Any]:
    """Return every name a template may use; all of them always exist, some are None or empty."""
    parcel, ret = news.part("parcel"), news.part("return")
    promise = news.part("promise")
    window = None if promise is None or promise.get("broken") else promise
    say = _say(words, reader.language)
    day = _day(words, reader)
    return {
        **_gettext(words, reader.language),
        "language": reader.language,
        "name": reader.name,
        "shop": reader.shop,
        "number": news.order["number"],
        "status": say("status", news.order["status"]),
        "items": items(news),
        "whole": news.order["status"] == Status.CANCELLED,
        "parcel": parcel and {**parcel, "carrier": company(parcel.get("carrier"))},
        "pickup": parcel and parcel.get("pickup_point"),
        "keep_until": _moment((parcel or {}).get("keep_until")),
        "problem": parcel and parcel.get("problem"),
        "reason": _reason(news),
        "damaged": news.revision.partition(ANEW)[0] in GONE,
        "promise": window,
        "new_promise": window if window and window.get("revision", 1) > 1 else None,
        "expected": _expected(news),
        "return_stage": ret and ret["stage"],
        "return_tracking": ret and ret.get("tracking_number"),
        "amount": money(news.part("refund") or (ret and ret.get("refund")), reader.language),
        "corrects": (news.part("corrects") or {}).get("milestone", ""),
        "link": tracking_link(news),
        "today": _local(news.occurred_at, reader) == _local(now, reader),
        "day": day,
        "window": _window(day),
        "label": say,
    }


def items(news: News) -> list[dict[str, Any]]:
    """Return name and quantity of the goods a milestone speaks of; empty when not known."""
    lines = {line["id"]: line for line in news.order["lines"]}
    counted = COUNTED.get(news.milestone)  # type: ignore[call-overload]
    if counted and news.order["status"] != Status.CANCELLED:
        pairs = [(line, line.get(counted, 0)) for line in lines.values()]
    elif news.change.get("units"):
        units = news.change["units"]
        pairs = [(lines.get(one["line"], {"id": one["line"]}), one["quantity"]) for one in units]
    elif news.subject == "order" and news.milestone != Told.REFUND_ISSUED:
        # a refund without a return says what money goes back, not for which goods
        pairs = [(line, line["quantity"]) for line in lines.values()]
    else:
        pairs = []
    return [
        {"name": line.get("name") or line.get("sku") or line["id"], "quantity": quantity}
        for line, quantity in pairs
        if quantity > 0
    ]


def company(code: str | None) -> str | None:
    """Write a carrier's code as people write its name: short words are initials."""
    if not code or not code.islower():
        return code
    words = code.replace("_", " ").replace("-", " ").split()
    return " ".join(word.upper() if len(word) <= 3 else word.capitalize() for word in words)


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


def tracking_link(news: News) -> str | None:
    """Return the carrier's page about the parcel, if it is a web address and nothing else."""
    url = (news.part("parcel") or {}).get("tracking_url") or ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    safe = parts.scheme in {"http", "https"} and host and "@" not in parts.netloc and " " not in url
    return url if safe else None


def _reason(news: News) -> str:
    problem = (news.part("parcel") or {}).get("problem") or {}
    named = problem.get("reason") or news.revision.partition(":")[0]
    return named if named in set(Reason) else Reason.ACTION_REQUIRED


def _expected(news: News) -> datetime | None:
    waiting = [line for line in news.order["lines"] if line.get("backordered")]
    known = [_moment(line.get("expected_at")) for line in waiting]
    if not known or None in known:
        return None  # a date for some of the goods is no date for the order
    return max(one for one in known if one)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _local(moment: datetime, reader: Reader) -> Any:
    return moment.astimezone(reader.timezone).date()


def _day(words: Catalogues, reader: Reader) -> Callable[[datetime], str]:
    pattern = words.label("format", "EEEE d MMMM", reader.language, default="EEEE d MMMM")
    return lambda moment: format_date(_local(moment, reader), pattern, locale=reader.language)


def _window(day: Callable[[datetime], str]) -> Callable[[Mapping[str, Any]], str]:
    def window(promise: Mapping[str, Any]) -> str:
        latest, earliest = _moment(promise["latest"]), _moment(promise.get("earliest"))
        assert latest is not None
        last, first = day(latest), day(earliest or latest)
        return last if first == last else f"{first} – {last}"

    return window


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
