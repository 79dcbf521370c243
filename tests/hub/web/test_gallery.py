"""The gallery shows every notice, to this machine alone, and its frames can do nothing."""

import re

import pytest

from hub.gallery.lives import MILESTONES
from tests.hub.serving import Served


def test_the_gallery_shows_every_milestone(own_hub: Served) -> None:
    page = own_hub.ask("/dev/gallery?language=fi")

    assert 200 == page.status
    for milestone in MILESTONES:
        assert f'id="{milestone}-fi-kauppa-rich"' in page.body.decode()
    assert len(MILESTONES) == page.body.decode().count("<iframe sandbox")
    assert "SMS" in page.body.decode()
    assert "1/1 segment" in page.body.decode()


def test_a_filter_narrows_it_down(own_hub: Served) -> None:
    page = own_hub.ask("/dev/gallery?milestone=delayed&channel=sms&language=all&data=all")

    assert 6 == page.body.decode().count("<section>")
    assert "<iframe" not in page.body.decode()


@pytest.mark.parametrize("scheme, media", [("dark", "@media all"), ("light", "@media not all")])
def test_a_letter_of_it_is_shown_by_day_and_by_night(
    own_hub: Served, scheme: str, media: str
) -> None:
    asked = "milestone=ready_for_pickup&language=sv&shop=kauppa"
    letter = own_hub.ask(f"/dev/gallery/letter?{asked}&scheme={scheme}")

    assert 200 == letter.status
    assert "sandbox" in letter.headers["content-security-policy"]
    assert media in letter.body.decode()
    assert re.search(r'src="data:image/png;base64,\w+', letter.body.decode())


def test_what_there_is_not_is_not_found(own_hub: Served) -> None:
    assert 404 == own_hub.ask("/dev/gallery?milestone=nonsense").status


def test_a_stranger_sees_nothing_of_it(own_hub: Served) -> None:
    for path in ("/dev/gallery", "/dev/gallery/letter"):
        assert 404 == own_hub.ask(path, headers={"Host": "evil.example"}).status
