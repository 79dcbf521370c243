"""An SMS is counted as the network counts it, and stays in the alphabet that takes the fewest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.notify.segments import BASIC, EXTENDED, plainer, segments, septets


def test_the_alphabet_is_the_whole_alphabet_and_no_more() -> None:
    assert 127 == len(BASIC)  # 128 places, one of which is the escape to the extension
    assert 10 == len(EXTENDED | {"\f"})
    assert not BASIC & EXTENDED


@pytest.mark.parametrize(
    "text, count",
    [("åäöÅÄÖ é€", 10), ("[~]", 6), ("", 0), ("–", None), ("Čeština", None), ("\n@£", 3)],
)
def test_letters_are_counted_in_septets(text: str, count: int | None) -> None:
    assert count == septets(text)


@pytest.mark.parametrize(
    "text, count",
    [
        ("", 1),
        ("ä" * 160, 1),
        ("ä" * 161, 2),
        ("ä" * 306, 2),
        ("ä" * 307, 3),
        ("€" * 80, 1),
        ("a" * 152 + "€" * 5, 2),  # the escape and its sign stay together
        ("a" * 152 + "€" + "a" * 152, 3),
        ("č" * 70, 1),
        ("č" * 71, 2),
        ("č" * 134, 2),
        ("č" * 135, 3),
        ("🧦" * 35, 1),
        ("🧦" * 67, 3),  # 33 pairs fit into 67 units
    ],
)
def test_segments_are_counted_as_the_network_does(text: str, count: int) -> None:
    assert count == segments(text)


def test_what_typography_adds_is_left_out_and_other_scripts_are_kept() -> None:
    said = plainer("Vaša pošta – 2 × ”Löyly” 19,90\xa0€…\u200b")

    assert 'Vasa posta - 2 x "Löyly" 19,90 €...' == said
    assert "Почта" == plainer("Почта")


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_a_plainer_text_never_takes_more_segments_than_it_has_to(text: str) -> None:
    said = plainer(text)

    assert said == plainer(said)
    assert 1 <= segments(said)
    assert septets(said) is not None or any(septets(sign) is None for sign in said)
