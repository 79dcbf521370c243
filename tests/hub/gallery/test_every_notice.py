"""Every milestone, in every form and language, of orders the real pipeline made: whole and fit."""

import re
from functools import cache
from itertools import product

import pytest

from hub.config import Settings, Shop
from hub.demo.settings import SHOPS
from hub.gallery.lives import MILESTONES, news
from hub.notify.channels import Form
from hub.notify.colours import NIGHT, PAPER, contrast, look
from hub.notify.news import News
from hub.notify.render import Rendered, Renderer
from hub.notify.segments import segments, septets
from state_machine.milestones import Told
from tests.hub.gallery.conftest import NOW, Told2News, shop_of
from tests.hub.gallery.reading import addresses, read, words
from tests.hub.notify.world import CATALOGUES

LANGUAGES = ("fi", "sv", "en")
FORMS = (Form.LETTER, Form.SMS, Form.PUSH, Form.CHAT)
EVERY = [*product(MILESTONES, LANGUAGES, (True, False))]
HOLES = re.compile(r"\{[{%]|%\(|\bNone\b|Undefined|\[\]|  +\S|\.\.|\(\)", re.MULTILINE)
LOOK = next(iter(SHOPS.values()))


@cache
def renderer() -> Renderer:
    shops = {shop_of(m, rich=rich): LOOK for m in MILESTONES for rich in (True, False)}
    return Renderer(CATALOGUES, Settings(shops=shops))


def render(told: Told2News, milestone: Told, language: str, form: Form, *, rich: bool) -> Rendered:
    return renderer().render(
        told[milestone, rich],
        language=language,
        name="Aino" if rich else None,
        now=NOW,
        form=form,
        first_order=rich,
    )


def test_the_pipeline_makes_every_milestone_and_the_gallery_shows_the_same(told: Told2News) -> None:
    assert {*product(MILESTONES, (True, False))} == told.keys()
    for (milestone, rich), one in told.items():
        shown = news(milestone, shop_of(milestone, rich=rich), NOW, rich=rich)
        same = ("parcel", "return", "refund", "promise", "units")
        assert {part: one.change[part] for part in same} == {
            part: shown.change[part] for part in same
        }
        assert one.order["lines"] == shown.order["lines"]
        assert one.order["status"] == shown.order["status"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("milestone, language, rich", EVERY)
def test_every_notice_is_whole_and_short_enough(
    told: Told2News, milestone: Told, language: str, rich: bool, form: Form
) -> None:
    made = render(told, milestone, language, form, rich=rich)

    assert [] == HOLES.findall(made.subject + "\n" + made.short)
    assert [] == HOLES.findall(re.sub(r"https?://\S+", "", made.text).replace("\n\n", "\n"))
    assert made.subject.strip()
    assert made.text.strip()
    assert len(made.subject) <= 60
    if form is Form.SMS:
        assert (1, True) == (segments(made.text), septets(made.text) is not None)
        assert made.text.startswith("Kaamos & Koti: ")
    if form is Form.PUSH:
        assert (True, True) == (len(made.subject) <= 50, len(made.text) <= 178)
    assert "#1001" in made.text or form is not Form.LETTER


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("milestone, language, rich", [one for one in EVERY if one[1] != "en"])
def test_no_sentence_of_another_language_is_left(
    told: Told2News, milestone: Told, language: str, rich: bool, form: Form
) -> None:
    def lines(tongue: str) -> set[str]:
        made = render(told, milestone, tongue, form, rich=rich)
        said = {made.subject, made.short, *made.text.splitlines()}
        address = LOOK.brand.address
        return {
            one for one in said if one and one != address and not one.startswith(("- ", "http"))
        }

    mine = lines(language)
    for other in {*LANGUAGES} - {language}:
        assert set() == mine & lines(other)


@pytest.mark.parametrize("milestone, language, rich", EVERY)
def test_a_page_says_what_the_text_says_and_every_tag_is_closed(
    told: Told2News, milestone: Told, language: str, rich: bool
) -> None:
    made = render(told, milestone, language, Form.LETTER, rich=rich)
    page = read(made.html)

    assert ([], [], [], 0) == (page.mistakes, page.open, page.handlers, page.without_alt)
    heading = words(f"{LOOK.name} {made.subject}")
    assert words(made.text) == words(" ".join(page.said)) - heading
    assert addresses(made.text) == {*page.links} - {str(LOOK.brand.website)} | (
        addresses(made.text) & {str(LOOK.brand.website)}
    )
    assert set(made.images) == set(re.findall(r'src="cid:([\w-]+)@tilanne"', made.html))


def test_a_parcel_to_collect_brings_its_code_as_a_picture_and_in_words(told: Told2News) -> None:
    made = render(told, Told.READY_FOR_PICKUP, "fi", Form.LETTER, rich=True)

    assert made.images["pickup-code"].startswith(b"\x89PNG")
    assert 'alt="Noutokoodi 4711 QR-koodina"' in made.html
    for said in ("Noutokoodi: 4711", "Avoinna: ma–pe 7–22, la–su 9–21", "maanantaina 30. marrask"):
        assert said in made.text
    assert {} == render(told, Told.READY_FOR_PICKUP, "fi", Form.LETTER, rich=False).images


def test_a_delay_tells_the_old_day_and_the_new_one(told: Told2News) -> None:
    text = render(told, Told.DELAYED, "fi", Form.LETTER, rich=True).text

    assert "Uusi arvioitu toimitus: torstaina 26. marraskuuta klo\xa018.00–20.00" in text
    assert "Aiempi arvio: tiistaina 24. marraskuuta" in text


def test_of_split_goods_it_says_how_many_of_how_many_and_what_is_still_to_come(
    told: Told2News,
) -> None:
    text = render(told, Told.PARTIALLY_SHIPPED, "sv", Form.LETTER, rich=True).text

    assert "- 2 × Villasukat, koko 42 (2 av 3)" in text
    assert "Kommer senare\n- 1 × Villasukat, koko 42\n- 1 × Kirkasvalolamppu" in text


def test_a_push_does_not_say_its_title_again_nor_begin_in_the_middle_of_a_sentence(
    told: Told2News,
) -> None:
    for milestone, language in product(MILESTONES, LANGUAGES):
        made = render(told, milestone, language, Form.PUSH, rich=True)
        assert not made.text.startswith((f"{made.subject}: ", f"{made.subject}. "))
        assert made.text[0].isupper()


def test_a_replacement_does_not_come_under_the_number_of_the_return(told: Told2News) -> None:
    text = render(told, Told.EXCHANGE_SHIPPED, "fi", Form.LETTER, rich=True).text

    assert "Korvaa palauttamasi tuotteet\n- 1 × Villasukat" in text
    assert "JJFI64990000000009009" not in text


def test_one_item_is_no_items(told: Told2News) -> None:
    goods = told[Told.SHIPPED, True]
    one = News.read(type("Row", (), {**_row(goods), "change": _with_units(goods, 1)}))
    made = [
        renderer().render(which, language="sv", name=None, now=NOW).short for which in (one, goods)
    ]

    assert ("1 produkt.", "4 produkter.") == tuple(
        re.findall(r"\d produkt\w*\.", short)[0] for short in made
    )


def test_the_first_order_is_explained_and_the_second_is_not(told: Told2News) -> None:
    rich = told[Told.ORDER_PLACED, True]
    first, second = (
        renderer().render(rich, language="fi", name=None, now=NOW, first_order=one).text
        for one in (True, False)
    )

    assert ("ensimmäistä kertaa" in first, "ensimmäistä kertaa" in second) == (True, False)


def test_times_are_the_readers_own(told: Told2News) -> None:
    made = renderer().render(
        told[Told.DELAYED, True],
        language="en", name=None, now=NOW, timezone="America/New_York",
    )  # fmt: skip

    assert "Thursday 26 November, 11:00–13:00" in made.text


LONG = "Erittäin pitkän nimen mukaan nimetty valtakunnallinen verkkokauppa Oy Ab " * 6


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("milestone, language", [*product(MILESTONES, LANGUAGES)])
def test_long_names_are_cut_cleanly(milestone: Told, language: str, form: Form) -> None:
    told = news(milestone, "pitkä", NOW)
    change = dict(told.change)
    change["order"] = {**told.order, "number": "9" * 100}
    if told.part("parcel"):
        point = {"name": LONG, "address": LONG, "opening_hours": LONG}
        change["parcel"] = {**told.change["parcel"], "pickup_point": point, "pickup_code": "9" * 60}
    import dataclasses

    long = dataclasses.replace(told, change=change)
    made = Renderer(CATALOGUES, Settings(shops={"pitkä": Shop(name=LONG)})).render(
        long, language=language, name=LONG, now=NOW, form=form
    )

    assert len(made.subject) <= 60
    assert not re.search(r"[\s,;:–(-]…$", made.subject)
    if form is Form.SMS:
        assert 1 == segments(made.text)
    if form is Form.LETTER:
        assert "9" * 100 in made.text


@pytest.mark.parametrize(
    "colour", ["#ffff00", "#000000", "#ffffff", "#808080", "#1d3557", "#e63946"]
)
def test_whatever_colour_a_shop_has_its_letters_can_be_read(colour: str) -> None:
    made = look(colour)

    assert contrast(made.on_bar, made.bar) >= 4.5
    assert contrast(made.link, PAPER) >= 4.5
    assert contrast(made.link_at_night, NIGHT) >= 4.5


def _row(one: News) -> dict[str, object]:
    names = ("order_id", "milestone", "subject", "revision", "version", "occurred_at")
    return {name: getattr(one, name) for name in names}


def _with_units(one: News, count: int) -> bytes:
    import orjson

    return orjson.dumps({**one.change, "units": [{"line": "2", "quantity": count}]})
