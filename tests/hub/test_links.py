"""A link opens what it was made for, for whom, and for as long as it says; nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.links import BadLink, Links, Purpose

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OLD, NEW = "o" * 32, "n" * 32
LINKS = Links(base_url="https://tilaus.example.fi/", keys=(OLD,), days=30)
ABOUT = "c_0123456789abcdef01234567"


def opened(
    links: Links, token: str, purpose: Purpose = Purpose.PREFERENCES, *, days: int = 0
) -> str:
    return links.read(purpose, token, NOW + timedelta(days=days))


def token(links: Links = LINKS) -> str:
    return links.token(Purpose.PREFERENCES, ABOUT, NOW)


def test_a_link_leads_to_its_page_and_says_who_it_is_about() -> None:
    link = LINKS.make(Purpose.PREFERENCES, ABOUT, NOW)

    assert f"https://tilaus.example.fi/preferences?t={token()}" == link
    assert ABOUT == opened(LINKS, token(), days=29)


def test_a_link_expires() -> None:
    with pytest.raises(BadLink, match="expired") as caught:
        opened(LINKS, token(), days=30)

    assert caught.value.expired


def test_a_link_is_for_one_purpose() -> None:
    with pytest.raises(BadLink):
        opened(LINKS, token(), Purpose.UNSUBSCRIBE)


def test_while_keys_are_rotated_the_old_links_work_and_new_ones_outlive_the_old_key() -> None:
    rotating, after = (LINKS.model_copy(update={"keys": Links(keys=k).keys}) for k in (
        (NEW, OLD), (NEW,)
    ))  # fmt: skip

    assert ABOUT == opened(rotating, token())
    assert ABOUT == opened(after, token(rotating))
    with pytest.raises(BadLink):
        opened(after, token())


def test_without_a_key_there_are_no_links_and_none_is_believed() -> None:
    nothing = Links()

    assert nothing.make(Purpose.PREFERENCES, ABOUT, NOW) is None
    with pytest.raises(BadLink):
        opened(nothing, token())


@given(st.data())
def test_whatever_is_changed_in_a_link_it_opens_nothing(data: st.DataObject) -> None:
    good = token()
    place = data.draw(st.integers(0, len(good) - 1))
    sign = data.draw(st.characters(codec="utf-8"))
    bad = data.draw(
        st.sampled_from(
            [good[:place] + sign + good[place + 1 :], good[:place], good + sign, good + "="]
        )
    )
    if bad != good:
        with pytest.raises(BadLink):
            opened(LINKS, bad)


@given(st.text())
def test_what_never_was_a_link_opens_nothing(text: str) -> None:
    with pytest.raises(BadLink):
        opened(LINKS, text)
