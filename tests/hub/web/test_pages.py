"""The hub's own pages: who sees them, what they show, and that nothing in them can act."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.hub.serving import Reply, Served, assert_problem, serving, stored
from tests.hub.web.conftest import STRANGE, app_on, fill

PAGES = ["/", "/dev/mail", "/dev/mail/1", "/dev/orders/kauppa:1001"]
DEV = [*PAGES, "/dev/orders.json", "/dev/mail/1/html"]


class Read(HTMLParser):
    """A page as its elements and its text."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(reply.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_first_page_shows_the_orders_without_any_script(hub: Served) -> None:
    page = Read(hub.ask("/?lang=fi"))

    assert 3 == len([row for row in page.all("tr") if "data-order" in row])
    assert "#1001" in page.text
    assert "7" in [row.get("data-version") for row in page.all("tr")]
    assert 3 == len(page.all("progress"))
    assert {"/dev/mail", "/docs"} <= {link.get("href") for link in page.all("a")}
    assert page.all("caption")
    assert ["polite"] == [p["aria-live"] for p in page.all("p") if "aria-live" in p]


def test_labels_come_in_the_language_chosen(hub: Served) -> None:
    texts = {hub.ask(f"/?lang={language}").body for language in ("fi", "sv", "en")}

    assert 3 == len(texts)


def test_the_script_gets_what_the_page_shows(hub: Served) -> None:
    parts = hub.ask("/dev/orders.json?lang=sv").json()
    page = hub.ask("/?lang=sv").body.decode()

    assert parts["rows"] in page
    assert parts["figures"] in page


@pytest.mark.parametrize("path", PAGES)
def test_nothing_written_by_others_becomes_part_of_a_page(hub: Served, path: str) -> None:
    page = Read(hub.ask(path))

    assert [] == page.all("b")
    assert [] == page.all("style")
    assert all(script.get("src") == "/static/console.js" for script in page.all("script"))
    inline = [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert [] == [*inline, *(attrs for _, attrs in page.tags if "style" in attrs)]


def test_an_order_shows_its_story(hub: Served) -> None:
    page = Read(hub.ask("/dev/orders/kauppa:1001"))

    for word in ("parcel.scanned", "ignored", "ready_for_pickup", "email", "old news"):
        assert word in page.text
    assert 404 == hub.ask("/dev/orders/none").status


def test_every_link_of_the_first_page_leads_somewhere(hub: Served) -> None:
    links = {link["href"] or "" for link in Read(hub.ask("/")).all("a")}
    to_orders = [link for link in links if link.startswith("/dev/orders/")]

    assert 3 == len(to_orders)
    assert [200] * len(links) == [hub.ask(link.partition("#")[0] or "/").status for link in links]
    assert STRANGE in "".join(Read(hub.ask(link)).text for link in to_orders)


def test_the_mailbox_shows_the_mail_as_text_and_behind_glass(hub: Served) -> None:
    listed = Read(hub.ask("/dev/mail"))
    page = Read(hub.ask("/dev/mail/1"))
    inside = hub.ask("/dev/mail/1/html")

    assert "Tilauksesi on täällä <script>" in listed.text
    assert "aino@example.fi" in listed.text
    assert "Hei Aino <b>!" in page.text
    assert [("", "/dev/mail/1/html")] == [
        (frame["sandbox"] or "", frame["src"]) for frame in page.all("iframe")
    ]
    policy = inside.headers["content-security-policy"]
    assert ("sandbox" in policy, "script-src" in policy) == (True, False)
    assert b"Hei Aino" in inside.body


@pytest.mark.parametrize("number", ["2", "0", "-1", "9" * 30])
def test_a_mail_that_is_none_is_not_found(hub: Served, number: str) -> None:
    assert_problem(hub.ask(f"/dev/mail/{number}"), 404, "not-found")


@pytest.mark.parametrize("path", [*DEV, "/docs", "/static/console.css", "/static/console.js"])
def test_every_page_forbids_what_it_does_not_need(hub: Served, path: str) -> None:
    headers = hub.ask(path).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors" in policy
    assert "unsafe-inline" not in policy or path.endswith("/html")
    assert ("nosniff", "no-referrer") == (
        headers["x-content-type-options"],
        headers["referrer-policy"],
    )


@pytest.mark.parametrize("path", DEV)
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.0.2.1:8080", ""])
def test_a_name_that_is_not_loopback_sees_nothing(hub: Served, path: str, host: str) -> None:
    assert_problem(hub.ask(path, headers={"Host": host}), 404, "not-found")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]", "[::1]:8"])
def test_loopback_has_several_names(hub: Served, host: str) -> None:
    assert 200 == hub.ask("/", headers={"Host": host}).status


@pytest.mark.parametrize(
    "beyond", [{"host": "0.0.0.0"}, {"smtp_url": "smtp://127.0.0.1:25"}], ids=["network", "mail"]
)
def test_a_hub_for_others_has_no_such_pages(tmp_path: Path, beyond: dict[str, str]) -> None:
    with stored(tmp_path) as store, serving(app_on(store, **beyond), store) as hub:
        fill(store)
        for path in DEV:
            assert_problem(hub.ask(path), 404, "not-found")
        assert 200 == hub.ask("/docs").status


def test_no_page_asks_anything_of_anybody_else(hub: Served) -> None:
    for path in [*PAGES, "/docs", "/static/console.css", "/static/console.js"]:
        body = hub.ask(path).body.decode()
        loaded = re.findall(r'(?:src|href)="((?:https?:)?//[^"]*)"|url\(|@import', body)
        assert [] == loaded, path


def test_a_file_that_is_not_ours_is_not_given(hub: Served) -> None:
    for name in ("none.css", "..%2Fpages.py", "%2Fetc%2Fpasswd", "pages.py"):
        assert_problem(hub.ask(f"/static/{name}"), 404, "not-found")
