"""Every language says everything: each sentence of the templates, each code the hub may show."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from hub.catalogues import LOCALE, Catalogues
from hub.notify.render import TEMPLATES
from state_machine.lifecycle import How, Stage
from state_machine.milestones import Told
from state_machine.problems import Reason
from state_machine.returns import ReturnStage
from state_machine.statuses import Status
from tests.hub.notify.world import CATALOGUES

CODES = {
    "status": Status,
    "stage": Stage,
    "problem": Reason,
    "return": ReturnStage,
    "milestone": Told,
    "how": How,
}
LANGUAGES = ("en", "fi", "sv")
HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'


def sentences() -> set[str]:
    options = {"trimmed": "true", "newstyle_gettext": "true"}
    found = set()
    for path in TEMPLATES.glob("*.jinja"):
        text = io.BytesIO(path.read_bytes())
        for _, _, message, _ in babel_extract(text, ("gettext", "ngettext"), (), options):
            found.add(message if isinstance(message, str) else message[0])
    return found


def told(language: str) -> Iterator[tuple[str | None, str, str]]:
    with (LOCALE / f"{language}.po").open("rb") as file:
        for message in read_po(file):
            if isinstance(message.id, tuple):
                yield message.context, message.id[0], "\n".join(message.string)
            elif message.id:
                yield message.context, message.id, message.string


def test_the_hub_speaks_three_languages() -> None:
    assert LANGUAGES == tuple(CATALOGUES.languages)


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_every_sentence_of_the_templates_is_translated_and_no_other_is_kept(language: str) -> None:
    known = {text: words for context, text, words in told(language) if context is None}

    assert sentences() == known.keys()
    assert [] == [text for text, words in known.items() if not words or words == text]


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_translation_names_what_the_sentence_names(language: str) -> None:
    import re

    names = [
        (text, words)
        for context, text, words in told(language)
        for form in words.split("\n")
        if sorted(re.findall(r"%\((\w+)\)s", text)) != sorted(re.findall(r"%\((\w+)\)s", form))
    ]

    assert [] == names


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("context", CODES)
def test_every_code_has_its_words(language: str, context: str) -> None:
    known = {code: words for ctx, code, words in told(language) if ctx == context}

    assert {str(code) for code in CODES[context]} == known.keys()
    assert [] == [code for code, words in known.items() if not words or words == code]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_words_the_same_codes(language: str) -> None:
    def coded(one: str) -> set[tuple[str | None, str]]:
        return {(context, code) for context, code, _ in told(one) if context}

    assert coded("en") == coded(language)


@pytest.mark.parametrize(
    "context, code, words",
    [
        ("status", "in_transit", "Kuljetuksessa"),
        ("status", "ready_for_pickup", "Valmis noudettavaksi"),
        ("status", "return_started", "Palautus aloitettu"),
    ],
)
def test_the_words_the_customer_fixed_are_kept(context: str, code: str, words: str) -> None:
    assert words == CATALOGUES.label(context, code, "fi")


def test_a_code_nobody_has_worded_is_shown_in_its_own_words() -> None:
    assert "sent by drone" == CATALOGUES.label("status", "sent_by_drone", "fi")
    assert "?" == CATALOGUES.label("status", "sent_by_drone", "fi", default="?")
    assert "In transit" == CATALOGUES.label("status", "in_transit", "et")


@pytest.mark.parametrize(
    "wanted, language",
    [
        (None, "en"),
        ("", "en"),
        ("fi", "fi"),
        ("FI-fi", "fi"),
        ("sv_FI", "sv"),
        ("et, sv;q=0.5, fi;q=0.9", "fi"),
        ("de, fr;q=0.9", "en"),
        ("fi;q=0, sv;q=0.1", "sv"),
        ("*", "en"),
        ("fi;q=x, sv", "sv"),
        ("fi;q=0.8;level=1, en;q=0.7", "fi"),
        (",;q=,", "en"),
    ],
)
def test_the_best_language_of_ours_is_chosen(wanted: str | None, language: str) -> None:
    assert language == CATALOGUES.negotiate(wanted)


def test_a_language_is_one_more_file(tmp_path: Path) -> None:
    (tmp_path / "en.po").write_text(HEAD)
    (tmp_path / "et.po").write_text(
        HEAD + '\nmsgctxt "status"\nmsgid "in_transit"\nmsgstr "Teel"\n'
    )
    catalogues = Catalogues.load(tmp_path)

    assert "Teel" == catalogues.label("status", "in_transit", "et")
    assert "et" == catalogues.negotiate("et-EE")


@pytest.mark.parametrize("name, text", [("fi.po", "msgid nonsense"), ("xx.po", HEAD), (None, "")])
def test_a_catalogue_that_cannot_be_read_stops_the_start(
    tmp_path: Path, name: str | None, text: str
) -> None:
    if name:
        (tmp_path / "en.po").write_text(HEAD)
        (tmp_path / name).write_text(text)

    with pytest.raises(ValueError, match=name or r"en\.po"):
        Catalogues.load(tmp_path)
