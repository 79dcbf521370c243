"""The customer's own page and the one click: a signed link opens them, and only a POST changes."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hub.links import Purpose
from tests.hub.web.people import People, people_on

LEAVE = "c_1 email informative"
ON = [f"{one}/email" for one in ("critical", "transactional", "informative")]


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_on(tmp_path) as opened:
        yield opened


def form(version: int = 0, on: list[str] | None = None, **more: str) -> str:
    return urlencode({"version": version, "on": ON if on is None else on, **more}, doseq=True)


@pytest.mark.parametrize(
    "language, heading",
    [("fi", "Miten saamme"), ("sv", "Så får vi"), ("en", "How we may write to you")],
)
def test_the_page_speaks_the_language_asked_for_and_names_nobody(
    people: People, language: str, heading: str
) -> None:
    reply = people.served.ask(people.page("c_1"), headers={"Accept-Language": language})
    text = reply.body.decode()

    assert (200, language) == (reply.status, reply.headers["content-language"])
    assert heading in text
    assert f'<html lang="{language}">' in text
    assert not re.search(r"aino|virtanen|40123", text, re.IGNORECASE)
    for name, value in (("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex")):
        assert value == reply.headers[name]
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert "script" not in text


def test_every_box_has_its_label_and_every_group_its_name(people: People) -> None:
    text = people.served.ask(people.page("c_1")).body.decode()

    inputs = re.findall(r'<input type="(?:checkbox|time)"', text)
    labelled = re.findall(r'<label class="(?:box|time)">', text)
    named = set(re.findall(r'<label for="(\w+)"', text))
    assert len(inputs) == len(labelled) == 5
    assert set(re.findall(r'<select id="(\w+)"', text)) == named
    assert text.count("<fieldset>") == text.count("<legend>") == 4


def test_what_is_unticked_is_not_told_any_more_and_the_page_says_it_is_saved(
    people: People,
) -> None:
    sent = form(on=ON[:2], since="22:00", until="07:00", language="sv")
    reply = people.post(people.page("c_1"), sent)
    after = people.served.ask(reply.headers["location"])

    assert (303, 200) == (reply.status, after.status)
    assert 'role="status"' in after.body.decode()
    assert 'value="22:00"' in after.body.decode()
    assert [("email", "informative", False, "page", "kauppa")] == people.ledger()
    kept = people.ask("/v1/customers/c_1/preferences").json()
    assert ("sv", {"from": "22:00", "to": "07:00"}) == (kept["language"], kept["quiet_hours"])


def test_saving_the_same_again_writes_nothing_into_the_ledger(people: People) -> None:
    people.post(people.page("c_1"), form(on=ON[:2]))
    people.post(people.page("c_1"), form(1, on=ON[:2]))
    people.post(people.page("c_1"), form(2))

    assert [False, True] == [given for _, _, given, _, _ in people.ledger()]


@pytest.mark.parametrize("sent", [form(7), form(since="25:00", until="07:00"), form(since="22:00"),
                                  form(language="xx"), form(first="pigeon"), "", "version=x",
                                  "a=1&" * 300])  # fmt: skip
def test_what_no_page_of_ours_sends_changes_nothing(people: People, sent: str) -> None:
    reply = people.post(people.page("c_1"), sent)

    assert reply.status in {400, 409}
    assert [] == people.ledger()
    assert "<form" in reply.body.decode()


def test_another_site_cannot_make_a_browser_send_the_form(people: People) -> None:
    sent = form(on=[])
    reply = people.post(people.page("c_1"), sent, **{"Sec-Fetch-Site": "cross-site"})

    assert (400, []) == (reply.status, people.ledger())


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_of_another_kind_or_day_or_hub_opens_nothing(
    people: People, purpose: Purpose
) -> None:
    other = Purpose.UNSUBSCRIBE if purpose is Purpose.PREFERENCES else Purpose.PREFERENCES
    token = people.page(LEAVE, other).partition("=")[2]
    good = people.page(LEAVE, purpose)
    wrong = [f"/{purpose}?t={token}", f"/{purpose}", f"{good}x", f"/{purpose}?t=", good[:-5]]
    body = "List-Unsubscribe=One-Click"

    assert [404] * 5 == [people.post(path, body).status for path in wrong]
    people.later(days=91)
    assert 410 == people.post(good, body).status
    assert [] == people.ledger()


def test_looking_at_an_unsubscribe_link_changes_nothing(people: People) -> None:
    for method in ("GET", "GET"):
        reply = people.served.ask(people.page(LEAVE, Purpose.UNSUBSCRIBE), method=method)
        assert (200, []) == (reply.status, people.ledger())

    assert 405 == people.served.ask(people.page(LEAVE, Purpose.UNSUBSCRIBE), method="HEAD").status


def test_one_click_of_a_mail_programme_unsubscribes_once_and_for_good(people: People) -> None:
    path = people.page(LEAVE, Purpose.UNSUBSCRIBE)
    replies = [people.post(path, "List-Unsubscribe=One-Click") for _ in range(2)]

    assert [200, 200] == [reply.status for reply in replies]
    assert not any("set-cookie" in reply.headers for reply in replies)
    assert [("email", "informative", False, "one-click", "kauppa")] == people.ledger()
    muted = people.ask("/v1/customers/c_1/preferences").json()["classes"]["informative"]["muted"]
    assert ["email"] == muted


def test_the_one_click_may_come_as_multipart_too(people: People) -> None:
    body = (
        '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--'
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    assert 200 == people.post(people.page(LEAVE, Purpose.UNSUBSCRIBE), body, **kind).status
    assert 1 == len(people.ledger())


def test_a_form_larger_than_ours_is_none(people: People) -> None:
    body = "List-Unsubscribe=One-Click&x=" + "x" * 20_000

    assert 200 == people.post(people.page(LEAVE, Purpose.UNSUBSCRIBE), body).status
    assert [] == people.ledger()


def test_from_the_page_that_stops_messages_a_link_leads_to_all_the_rest(people: People) -> None:
    text = people.served.ask(people.page(LEAVE, Purpose.UNSUBSCRIBE)).body.decode()
    (link,) = re.findall(r'href="(/preferences\?t=[^"]+)"', text)

    assert "<form" in people.served.ask(link).body.decode()
