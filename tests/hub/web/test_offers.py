"""Offers are shown to those who have agreed to it, and the ledger knows which text they read."""

import asyncio
from collections.abc import Iterator
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from sqlalchemy import select

from hub.catalogues import Catalogues
from hub.store.consents import CONSENT
from tests.hub.notify.world import World
from tests.hub.serving import assert_problem
from tests.hub.web.people import People, people_on

ONE = "/v1/customers/c_1"
ON = [f"{one}/email" for one in ("critical", "transactional", "informative")]
SOCKS = {
    "text": {"fi": "Villasukat nyt -20 %", "en": "Socks 20 % off"},
    "url": "https://x.example/s",
}
SHOPS = {"kauppa": {"brand": {"offer": SOCKS}}}
READ = {"text_id": "kassa/3", "text_hash": "ab" * 32}


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_on(tmp_path, shops=SHOPS) as opened:
        yield opened


def tick(people: People, version: int, *, offers: bool) -> None:
    said = {"version": version, "on": ON, "asked": "offers"} | ({"offers": "yes"} if offers else {})
    reply = people.post(people.page("c_1") + "&lang=fi", urlencode(said, doseq=True))
    assert 303 == reply.status


def put(people: People, **said: Any) -> Any:
    return people.put(f"{ONE}/preferences", orjson.dumps(said))


def letter(people: People, tmp_path: Path, revision: str) -> str:
    """Let the next letter about an order of theirs go out, and read it."""
    world = World(tmp_path, people.settings.database_url)
    world.now = people.now
    of_the_shop = {"order": {"shop": "kauppa"}}
    world.tell("delayed", order_id="kauppa:1001", revision=revision, change=of_the_shop)

    async def go() -> None:
        dispatcher = world.dispatcher(people.settings)
        await dispatcher.step()
        await dispatcher.stop()

    asyncio.run(go())
    mail = message_from_bytes(world.mail()[-1], policy=policy.default)
    world.store.close()
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def lines(people: People) -> list[tuple[str, bool, str, str | None, str | None]]:
    rows = people.served.store.read_now(
        lambda c: c.execute(select(CONSENT).order_by(CONSENT.c.id)).all()
    )
    return [
        (row.channel, row.given, row.source, row.text_id, row.text_hash)
        for row in rows
        if row.message_class == "offers"
    ]


def test_an_offer_is_shown_from_the_yes_on_the_page_to_the_no(
    people: People, tmp_path: Path
) -> None:
    before = letter(people, tmp_path, "1")
    tick(people, 0, offers=True)
    agreed = letter(people, tmp_path, "2")
    tick(people, 1, offers=False)
    after = letter(people, tmp_path, "3")

    assert [False, True, False] == ["20 %" in text for text in (before, agreed, after)]


@pytest.mark.parametrize(
    "language, word", [("fi", "Tarjoukset"), ("sv", "Erbjudanden"), ("en", "Offers")]
)
def test_nobody_has_agreed_before_they_tick_the_box(
    people: People, language: str, word: str
) -> None:
    text = people.served.ask(f"{people.page('c_1')}&lang={language}").body.decode()
    box = text.partition('name="offers"')[2].partition(">")[0]

    assert f"<legend>{word}</legend>" in text
    assert "checked" not in box
    assert "checked" in text


def test_the_ledger_knows_the_words_that_were_read_and_each_change_once(people: People) -> None:
    labels = Catalogues.load()
    words = (
        labels.label("message class", "offers", "fi"),
        labels.label("message class hint", "offers", "fi"),
        labels.label("preferences", "Yes, show me offers", "fi"),
    )
    proof = sha256("\n".join(words).encode()).hexdigest()
    for version, offers in enumerate((False, True, True, False)):
        tick(people, version, offers=offers)

    assert [
        ("*", True, "page", "offers/fi", proof),
        ("*", False, "page", "offers/fi", proof),
    ] == lines(people)


def test_where_no_shop_of_theirs_has_an_offer_nothing_is_asked(tmp_path: Path) -> None:
    with people_on(tmp_path) as people:
        assert 'name="offers"' not in people.served.ask(people.page("c_1")).body.decode()
        sent = urlencode({"version": 0, "on": ON}, doseq=True)
        assert 303 == people.post(people.page("c_1"), sent).status
        assert [] == lines(people)


def test_a_shop_says_which_text_its_customer_has_read(people: People) -> None:
    unread = put(people, offers=True)
    agreed = put(people, offers=True, offers_text=READ)
    again = put(people, offers=True)
    silent = put(people, language="sv")
    withdrawn = put(people, offers=False)

    assert_problem(unread, 400, "bad-parameter")
    assert [True, True, True, False] == [
        reply.json()["offers"] for reply in (agreed, again, silent, withdrawn)
    ]
    assert [
        ("*", True, "api:writer", "kassa/3", "ab" * 32),
        ("*", False, "api:writer", None, None),
    ] == lines(people)
    assert people.ask(f"{ONE}/preferences").json()["offers"] is False


@pytest.mark.parametrize(
    "said, place",
    [
        ({"channel": "email", "given": True, "text_id": "x"}, "body.channel"),
        ({"channel": "*", "given": True}, "body.text_id"),
    ],
)
def test_a_yes_that_could_not_be_proved_is_none(
    people: People, said: dict[str, Any], place: str
) -> None:
    body = orjson.dumps({"class": "offers", **said})
    reply = people.put(f"{ONE}/consents", body, method="POST")

    assert place in assert_problem(reply, 400, "bad-parameter")["detail"]
    assert [] == lines(people)


def test_the_ledger_is_told_and_read_over_the_api(people: People) -> None:
    said = {"class": "offers", "channel": "*", "given": True, "text_id": "kassa/3"}
    reply = people.put(f"{ONE}/consents", orjson.dumps(said), method="POST")

    assert 200 == reply.status
    assert ["offers"] == [one["class"] for one in people.ask(f"{ONE}/consents").json()["consents"]]
    assert people.ask(f"{ONE}/preferences").json()["offers"] is True
