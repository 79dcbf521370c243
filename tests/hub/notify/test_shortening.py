"""A text that is too long is cut between words; a link in it is whole or not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.notify.segments import segments
from hub.notify.shortening import fitted

LINK = "https://villa.example/t/8f3k2"


def test_what_fits_is_left_as_it_is() -> None:
    assert f"Hei! {LINK}" == fitted(f"Hei! {LINK}", LINK, 1)


def test_signs_that_double_the_price_are_written_plainly() -> None:
    assert 'Paketti - "villa" x 2...' == fitted("Paketti – ”villa” × 2…", None, 1)


def test_a_link_in_the_middle_is_moved_to_the_end_rather_than_cut() -> None:
    text = fitted(f"Paketti {LINK} " + "on matkalla " * 40, LINK, 1)

    assert text.startswith("Paketti on matkalla")
    assert text.endswith(f"... {LINK}")
    assert 1 == segments(text)


def test_a_link_longer_than_the_message_is_left_out() -> None:
    link = "https://villa.example/" + "x" * 200

    assert "Hei..." == fitted(f"Hei {link}", link, 1)


@pytest.mark.parametrize("word", ["x" * 500, "ж" * 500, "😀" * 300])
def test_a_word_longer_than_the_message_is_cut_itself(word: str) -> None:
    text = fitted(word, None, 1)

    assert 1 == segments(text)
    assert text.endswith("...")


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=60),
    st.sampled_from([None, LINK, "https://villa.example/" + "x" * 300]),
    st.integers(1, 3),
)
def test_no_text_takes_more_than_it_may_and_no_link_is_cut(
    words: list[str], link: str | None, most: int
) -> None:
    text = fitted(" ".join([*words, link or ""]), link, most)

    assert segments(text) <= most
    if link is not None and "https://villa" in text and "https://villa" not in " ".join(words):
        assert link in text
