"""A shop's own words: used where they hold, refused at the start where not, never in the way."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.brand import Brand
from hub.config import Settings, Shop
from hub.gallery.lives import news
from hub.gallery.proving import proven
from hub.notify.channels import Form
from hub.notify.own_words import OWN_WORDS_FAILED, PATIENCE
from hub.notify.render import Renderer
from state_machine.milestones import Told
from tests.hub.notify.world import CATALOGUES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OURS = "Tilauksesi #1001 on lähtenyt meiltä"
#: what a template may try, and what is said of it
ABUSE = {
    '{{ "a" * 2000000000 }}': "uses too much memory",
    "{{ '%0200000000d'|format(1) }}": "uses too much memory",
    # whichever ends first: its seconds of the processor, or ours of waiting
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}": (
        "too much time or memory|longer than"
    ),
    "{% for a in range(9999) %}12345{% endfor %}": "block body writes more than 20000 characters",
    "\n\n{{ name.__class__ }}": "shipped.jinja line 3: access to attribute '__class__'",
    "{{ cycler.__init__.__globals__.os.environ }}": "unsafe",
    "{{ nobody }}": "shipped.jinja line 1: 'nobody' is undefined",
    "{{ fact( }}": "shipped.jinja line 1: ",
    "{{ 1 / 0 }}": "ZeroDivisionError",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def settings(folder: Path) -> Settings:
    brand = Brand(templates=folder)
    return Settings(shops={"villa": Shop(name="Villa", brand=brand), "muu": Shop()})


@pytest.fixture
def words(folder: Path) -> Iterator[Renderer]:
    made = Renderer(CATALOGUES, settings(folder))
    yield made
    made.close()


def said(words: Renderer, shop: str = "villa", form: Form = Form.LETTER) -> str:
    told = news(Told.SHIPPED, shop, NOW)
    return words.render(told, language="fi", name="Aino", now=NOW, form=form).text


def failures() -> float:
    return float(OWN_WORDS_FAILED.labels("villa", "shipped")._value.get())


def test_a_block_of_their_own_stands_among_ours(folder: Path, words: Renderer) -> None:
    (folder / "shipped.jinja").write_text(
        "{% block body %}Terve {{ name }}!\n{{ fact('Saapuu', window(promise)) }}{% endblock %}"
    )

    text = said(words)

    assert "Terve Aino!\n\nSaapuu: tiistaina 24. marraskuuta" in text
    assert OURS not in text
    assert "Paketin sisältö\n- 3 × Villasukat" in text
    assert OURS in said(words, "muu")
    assert OURS in said(words, "muu", Form.LETTER)


def test_what_they_say_everywhere_gives_way_to_what_we_say_of_a_milestone(
    folder: Path, words: Renderer
) -> None:
    (folder / "_default.jinja").write_text(
        "{% block footer %}Terkuin {{ shop }}{% endblock %}{% block body %}x{% endblock %}"
    )

    assert "Terkuin Villa" in said(words)
    assert OURS in said(words)


@pytest.mark.parametrize("text, why", ABUSE.items(), ids=lambda one: one[:30])
def test_abuse_is_refused_at_the_start_and_otherwise_replaced_by_our_words(
    folder: Path, words: Renderer, text: str, why: str
) -> None:
    (folder / "shipped.jinja").write_text(f"{{% block body %}}{text}{{% endblock %}}")
    before = failures()

    with pytest.raises(ValueError, match="TILANNE_SHOPS: templates of shop villa") as refused:
        proven(settings(folder), CATALOGUES, NOW)
    assert re.search(why, str(refused.value))
    assert "take it away" in str(refused.value)
    assert OURS in said(words)
    assert before + 1 == failures()


def test_words_that_fail_again_and_again_are_left_alone(folder: Path, words: Renderer) -> None:
    (folder / "shipped.jinja").write_text("{% block body %}{{ nobody }}{% endblock %}")
    before = failures()

    for _ in range(PATIENCE + 3):
        assert OURS in said(words)

    assert before + PATIENCE == failures()


@pytest.mark.parametrize(
    "name, text, why",
    [
        ("shiped.jinja", "", "there is no milestone shiped"),
        ("shipped.jinja", "{% block bodi %}{% endblock %}", "there is no block bodi"),
    ],
)
def test_a_slip_of_the_pen_is_named(folder: Path, name: str, text: str, why: str) -> None:
    (folder / name).write_text(text)

    with pytest.raises(ValueError, match=why):
        proven(settings(folder), CATALOGUES, NOW)


def test_a_template_sees_nothing_of_our_secrets(
    folder: Path, words: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILANNE_SECRETS__SHOPIFY", "hush")
    (folder / "shipped.jinja").write_text("{% block body %}{{ name }}{% endblock %}")
    said(words)
    process = words._own._process
    assert process is not None

    assert b"hush" not in Path(f"/proc/{process.pid}/environ").read_bytes()


def test_a_worker_that_dies_is_replaced(folder: Path, words: Renderer) -> None:
    (folder / "shipped.jinja").write_text("{% block body %}Terve!{% endblock %}")
    assert "Terve!" in said(words)
    process = words._own._process
    assert process is not None
    process.kill()
    process.wait()

    assert OURS in said(words)
    assert "Terve!" in said(words)
