"""Shops speak for their customers: how they want to be told, what they agreed to, who they are."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from hub.links import Purpose
from tests.hub.serving import assert_problem
from tests.hub.web.conftest import READ
from tests.hub.web.people import People, people_on

ONE = "/v1/customers/c_1"
WANTED = {
    "language": "sv",
    "timezone": "Europe/Stockholm",
    "quiet_hours": {"from": "21:30", "to": "08:00"},
    "channels": ["email"],
    "classes": {"informative": {"muted": ["*"]}, "transactional": {"channels": ["email"]}},
}


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_on(tmp_path) as opened:
        yield opened


def test_who_has_said_nothing_is_told_as_the_shop_does_it(people: People) -> None:
    reply = people.ask(f"{ONE}/preferences")

    assert (200, '"0"') == (reply.status, reply.headers["etag"])
    told = reply.json()
    assert {"critical", "transactional", "informative"} == told["classes"].keys()
    assert ("c_1", None, None, []) == (
        told["customer"], told["language"], told["quiet_hours"], told["channels"],
    )  # fmt: skip


def test_what_is_set_is_read_back_and_the_ledger_says_who_said_it(people: People) -> None:
    reply = people.put(f"{ONE}/preferences", orjson.dumps(WANTED))
    again = people.ask(f"{ONE}/preferences")

    assert (200, again.json()) == (reply.status, reply.json())
    read = again.json()
    assert ["*"] == read["classes"]["informative"]["muted"]
    assert {name: WANTED[name] for name in ("language", "timezone", "quiet_hours")} == {
        name: read[name] for name in ("language", "timezone", "quiet_hours")
    }
    assert [("*", "informative", False, "api:writer", None)] == people.ledger()


def test_a_customer_is_found_by_an_order_and_named_by_ids_alone(people: People) -> None:
    reply = people.ask("/v1/customers?order=kauppa:1001")

    assert {"id": "c_1", "contacts": ["c_1"], "addresses": []} == reply.json()
    assert_problem(people.ask("/v1/customers?order=kauppa:0"), 404, "unknown-customer")


def test_two_who_change_the_same_thing_do_not_undo_each_other(people: People) -> None:
    first = people.put(f"{ONE}/preferences", orjson.dumps(WANTED), **{"If-Match": '"0"'})
    second = people.put(f"{ONE}/preferences", b"{}", **{"If-Match": '"0"'})

    assert (200, '"1"') == (first.status, first.headers["etag"])
    assert_problem(second, 412, "changed-meanwhile")
    assert 200 == people.put(f"{ONE}/preferences", b"{}", **{"If-Match": '"1"'}).status


@pytest.mark.parametrize(
    "wrong, place",
    [
        ({"language": "et"}, "body.language"),
        ({"timezone": "Europe/Atlantis"}, "body.timezone"),
        ({"timezone": "../../etc/passwd"}, "body.timezone"),
        ({"quiet_hours": {"from": "25:00", "to": "08:00"}}, "body.quiet_hours.from"),
        ({"quiet_hours": {"from": "21:00"}}, "body.quiet_hours.to"),
        ({"quiet_hours": {"from": "21:00", "to": "21:00"}}, "body.quiet_hours"),
        ({"channels": ["pigeon"]}, "body.channels"),
        ({"channels": ["email", "email"]}, "body.channels"),
        ({"classes": {"critical": {"muted": ["*"]}}}, "body.classes.critical.muted"),
        ({"classes": {"marketing": {}}}, "body.classes.marketing"),
        ({"colour": "red"}, "body.colour"),
        ([], "body"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name_and_changes_nothing(
    people: People, wrong: object, place: str
) -> None:
    reply = people.put(f"{ONE}/preferences", orjson.dumps(wrong))

    assert assert_problem(reply, 400, "bad-parameter")["detail"].startswith(f"{place}")
    assert '"0"' == people.ask(f"{ONE}/preferences").headers["etag"]


@pytest.mark.parametrize(
    "method, path",
    [
        ("PUT", f"{ONE}/preferences"),
        ("POST", f"{ONE}/preferences/link"),
        ("POST", f"{ONE}/addresses"),
        ("POST", f"{ONE}/consents"),
    ],
)
def test_a_key_that_may_only_read_changes_nothing(people: People, method: str, path: str) -> None:
    address = b'{"kind":"email","address":"a@b.fi"}'
    consent = b'{"channel":"email","class":"critical","given":false}'
    body = {"addresses": address, "consents": consent}.get(path.rpartition("/")[2], b"{}")

    reply = people.put(path, body, method, Authorization=f"Bearer {READ}")
    assert_problem(reply, 403, "scope-missing")
    assert_problem(people.put(path, body, method, Authorization=""), 401, "key-missing")


@pytest.mark.parametrize("path", ["", "/preferences", "/consents"])
def test_nobody_is_asked_about_without_a_key_and_nobody_unknown_is_answered(
    people: People, path: str
) -> None:
    assert_problem(people.ask(f"{ONE}{path}", headers={"Authorization": ""}), 401, "key-missing")
    assert_problem(people.ask(f"/v1/customers/c_9{path}"), 404, "unknown-customer")


def test_two_shops_customers_who_verified_the_same_address_are_one(people: People) -> None:
    body = orjson.dumps({"kind": "email", "address": " Aino@Example.fi ", "verified": True})
    first = people.put("/v1/customers/c_1/addresses", body, "POST").json()
    second = people.put("/v1/customers/c_2/addresses", body, "POST").json()

    assert ["c_1"] == first["contacts"]
    assert (first["id"], ["c_1", "c_2"]) == (second["id"], second["contacts"])
    assert "aino" not in str(second).lower()


@pytest.mark.parametrize("kind, address", [("email", "nobody"), ("phone", "12"), ("device", "  ")])
def test_an_address_that_is_none_is_refused_without_being_repeated(
    people: People, kind: str, address: str
) -> None:
    body = orjson.dumps({"kind": kind, "address": address})
    reply = people.put(f"{ONE}/addresses", body, "POST")

    assert address not in assert_problem(reply, 400, "bad-parameter")["detail"].partition("kind")[0]


def test_an_agreement_is_kept_with_its_proof_and_only_once(people: People) -> None:
    said = {"channel": "email", "class": "informative", "given": True, "shop": "kauppa",
            "text_id": "terms-7", "text_hash": "0" * 64, "at": "2026-11-20T08:00:00Z"}  # fmt: skip
    people.put(f"{ONE}/consents", orjson.dumps(said), "POST")
    reply = people.put(f"{ONE}/consents", orjson.dumps(said), "POST")

    (line,) = reply.json()["consents"]
    assert {**said, "source": "api:writer"} == line
    assert ["email"] == people.ask(f"{ONE}/preferences").json()["classes"]["informative"]["agreed"]


@pytest.mark.parametrize("at", ["2027-01-01T00:00:00Z", "2026-11-20T10:00:00"])
def test_nobody_agrees_tomorrow_or_nowhere(people: People, at: str) -> None:
    said = {"channel": "email", "class": "informative", "given": True, "at": at}
    reply = people.put(f"{ONE}/consents", orjson.dumps(said), "POST")

    assert_problem(reply, 400, "bad-parameter")


def test_a_shop_gets_a_link_to_the_customers_own_page(people: People) -> None:
    url = people.put(f"{ONE}/preferences/link", b"", "POST").json()["url"]
    token = parse_qs(urlsplit(url).query)["t"][0]

    assert url.startswith("https://tilaus.example.fi/preferences?")
    assert "c_1" == people.settings.links.read(Purpose.PREFERENCES, token, people.now)


def test_a_hub_without_a_key_for_links_says_so(tmp_path: Path) -> None:
    with people_on(tmp_path, links={}) as people:
        assert_problem(people.put(f"{ONE}/preferences/link", b"", "POST"), 409, "no-links")
