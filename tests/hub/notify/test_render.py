"""Every milestone in every language: whole, and about the right thing."""

import re
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import pytest
from jinja2 import UndefinedError

from hub.config import Settings, Shop
from hub.notify.news import News
from hub.notify.render import Rendered, Renderer
from state_machine.lifecycle import How
from state_machine.milestones import Told
from state_machine.problems import Reason
from tests.hub.notify.world import CATALOGUES, LINES, NOW, PARCEL, World, change

LANGUAGES = ("fi", "sv", "en")
POINT = {"name": "Automaatti, K-Market", "address": "Katu 1, Turku", "opening_hours": "ma–su 6–23"}
PROBLEM = {"reason": "address_problem", "blame": "recipient", "action_required": True}
PROMISE = {"earliest": None, "latest": "2026-11-26T15:00:00Z", "revision": 2, "broken": False}
RETURN = {
    "id": "r1",
    "stage": "requested",
    "stage_since": "2026-11-23T08:00:00Z",
    "units": [{"line": "1", "quantity": 1}],
    "received": False,
    "rejected": [],
    "tracking_number": "JJFIR1",
    "refund": {"id": "f1", "amount": "19.90", "currency": "EUR", "at": "2026-11-23T08:00:00Z"},
}
WAITING = [LINES[0] | {"backordered": 2, "cancelled": 1, "expected_at": "2026-12-04T08:00:00Z"}]
FULL = {
    "parcel": PARCEL
    | {"pickup_point": POINT, "pickup_code": "4711", "keep_until": "2026-11-30T18:00:00Z"}
    | {"problem": PROBLEM, "how": "neighbour"},
    "return": RETURN,
    "refund": RETURN["refund"],
    "promise": PROMISE,
    "order": {"lines": WAITING},
}
BARE = {"parcel": None, "units": [], "order": {"lines": []}}


@cache
def renderer() -> Renderer:
    return Renderer(CATALOGUES, Settings(shops={"villa": Shop(name="Villakauppa")}))


def news(milestone: str, subject: str = "parcel:p1", **parts: Any) -> News:
    revision = parts.pop("revision", "")
    parts.setdefault("corrects", {"milestone": "delivered", "subject": subject, "revision": ""})
    row = {"order_id": "o1", "milestone": milestone, "subject": subject, "revision": revision}
    known = {
        "version": 3,
        "occurred_at": NOW,
        "change": orjson.dumps(change(milestone, subject, **parts)),
    }
    return News.read(type("Row", (), row | known))


def render(milestone: str, language: str = "fi", now: datetime = NOW, **parts: Any) -> Rendered:
    name = parts.pop("name", "Maija")
    return renderer().render(news(milestone, **parts), language=language, name=name, now=now)


@pytest.mark.parametrize("parts", [FULL, BARE, {}], ids=["full", "bare", "plain"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("milestone", [*Told, "a_new_milestone"])
def test_every_notice_is_whole(milestone: str, language: str, parts: dict[str, Any]) -> None:
    made = render(milestone, language, **parts)

    for words in (made.subject, made.short, made.text):
        assert words.strip()
        assert not re.search(r"\{[{%]|%\(|None|Undefined|\[\]", words)
    assert "\n" not in made.subject + made.short
    assert len(made.subject) <= 78
    assert f'<html lang="{language}">' in made.html
    assert "#1001" in made.text


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize("milestone", Told)
def test_no_english_is_left_in_a_translated_notice(milestone: str, language: str) -> None:
    english = set(render(milestone, "en", **FULL).text.splitlines())
    kept = english & set(render(milestone, language, **FULL).text.splitlines())

    same = ("- ", "https://")  # a product is called the same in every language
    assert not {line for line in kept if line and not line.startswith(same)}


def test_a_parcel_to_collect_says_where_what_with_and_until_when() -> None:
    made = render("ready_for_pickup", **FULL)

    assert "Pakettisi on valmis noudettavaksi" == made.subject
    for words in ("Automaatti, K-Market", "Katu 1, Turku", "Noutokoodi: 4711", "30. marraskuuta"):
        assert words in made.text
    assert "- 2 × Villasukat" in made.text


def test_a_delay_names_the_new_date_in_the_time_of_the_shop() -> None:
    late = PROMISE | {"latest": "2026-11-26T22:30:00Z", "earliest": "2026-11-25T22:30:00Z"}

    assert "torstai" in render("delayed", promise=PROMISE).text
    assert "torstaina 26. marraskuuta – perjantaina 27. marraskuuta" in (
        render("delayed", promise=late).text
    )
    assert "fredagen den 27 november" in render("delayed", "sv", promise=late).text
    assert "Thursday 26 November – Friday 27 November" in render("delayed", "en", promise=late).text


@pytest.mark.parametrize("promise", [None, PROMISE | {"broken": True}, PROMISE | {"revision": 1}])
def test_a_delay_without_a_new_date_says_so(promise: dict[str, Any] | None) -> None:
    assert "Uusi toimituspäivä ei ole vielä tiedossa." in render("delayed", promise=promise).text


def test_a_refund_names_the_amount() -> None:
    assert "Hyvitys 19,90\xa0€: tilaus #1001".replace("\xa0", " ") == (
        render("refund_issued", **FULL).subject
    )
    assert "€19.90" in render("refund_issued", "en", **FULL).text
    assert "Hyvitys: tilaus #1001" == render("refund_issued").subject


def test_a_cancellation_of_a_part_names_the_part() -> None:
    part = render("cancelled", subject="order", order={"lines": WAITING})
    whole = render("cancelled", subject="order", order={"status": "cancelled"})

    assert ("Osa tilauksestasi #1001 on peruttu", "- 1 × Villasukat (1/2 kpl)") == (
        part.subject,
        re.findall(r"- .*", part.text)[0],
    )
    assert "Tilauksesi #1001 on peruttu" == whole.subject


def test_goods_that_are_late_name_their_date() -> None:
    made = render("backordered", subject="order", order={"lines": WAITING})
    assert "perjantaina 4. joulukuuta" in made.text
    assert "- 2 × Villasukat" in made.text


def test_today_is_said_on_the_day_only() -> None:
    from datetime import timedelta

    assert "Pakettisi saapuu tänään" == render("out_for_delivery").subject
    later = render("out_for_delivery", now=NOW + timedelta(days=1))
    assert "Pakettisi on jakelussa" == later.subject
    assert "tänään" not in later.text


@pytest.mark.parametrize("reason", Reason)
def test_who_must_act_is_told_what_to_do(reason: str) -> None:
    parcel = PARCEL | {"problem": PROBLEM | {"reason": reason}}
    text = render("action_required", "en", parcel=parcel).text

    assert "Please" in text
    assert CATALOGUES.label("problem", reason, "en") in text


def test_the_reason_is_read_from_the_revision_when_the_parcel_has_moved_on() -> None:
    text = render("action_required", revision="payment_hold:2026-11-23").text

    assert "Maksa kuljetusyhtiön tai tullin pyytämä maksu." in text


@pytest.mark.parametrize(
    "revision, words", [("lost", "kadonnut"), ("damaged~1", "vaurioitunut"), ("disposed", "vaurio")]
)
def test_lost_is_not_damaged(revision: str, words: str) -> None:
    assert words in render("lost_or_damaged", revision=revision).text


@pytest.mark.parametrize("how", How)
def test_a_delivery_says_how(how: str) -> None:
    parcel = PARCEL | {"how": how}

    assert CATALOGUES.label("how", how, "fi") in render("delivered", parcel=parcel).text


def test_who_is_not_known_by_name_is_greeted_all_the_same() -> None:
    assert render("shipped", name=None).text.startswith("Hei!\n")
    assert render("shipped", name="Maija").text.startswith("Hei Maija!\n")


def test_what_a_template_needs_and_does_not_get_is_an_error_not_a_gap(world: World) -> None:
    broken = world.url.removeprefix("sqlite:///").removesuffix("hub.db")
    from pathlib import Path
    from shutil import copytree

    from hub.notify.render import TEMPLATES

    folder = copytree(TEMPLATES, Path(broken) / "templates")
    (folder / "shipped.jinja").write_text("{% block subject %}{{ nobody }}{% endblock %}")

    with pytest.raises(UndefinedError, match="nobody"):
        Renderer(CATALOGUES, Settings(), folder).render(
            news("shipped"), language="fi", name=None, now=NOW
        )


def test_a_time_zone_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match=r"villa.*Europe/Turku"):
        Renderer(CATALOGUES, Settings(shops={"villa": Shop(timezone="Europe/Turku")}))
