"""Finding orders: by each key, page by page, and with everything people and attackers type."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from hub.queries import finding
from state_machine.events import OrderKey
from tests.hub.serving import Served, assert_problem, serving, stored
from tests.hub.web.conftest import NOW, READ, app_on, believe

BOTH = ["kauppa:1001", "puoti:1001"]


def found(hub: Served, query: str) -> list[str]:
    reply = hub.ask(f"/v1/orders?{query}")
    assert 200 == reply.status, reply.body
    return [order["id"] for order in reply.json()["orders"]]


@pytest.mark.parametrize(
    "query, orders",
    [
        ("tracking=JJFI123", BOTH[:1]),
        ("tracking=jjfi-12%203", BOTH[:1]),
        ("tracking=JJFI12", []),
        ("tracking=%3F%3F", []),
        ("email=aino@example.fi", BOTH),
        ("email=%20Aino@Example.FI", BOTH),
        ("email=aino", []),
        ("email=%25", []),
        ("phone=%2B358401234567", BOTH[:1]),
        ("phone=+358%2040%201234567", BOTH[:1]),
        ("phone=040-1234567", BOTH[:1]),
        ("phone=0409999999", []),
        ("number=%231001&shop=kauppa", BOTH[:1]),
        ("number=1001&shop=kauppa", BOTH[:1]),
        ("number=1001&shop=puoti", BOTH[1:]),
        ("number=1001&shop=Kauppa", []),
    ],
)
def test_an_order_is_found_however_its_key_is_written(
    hub: Served, query: str, orders: list[str]
) -> None:
    assert orders == found(hub, query)


@pytest.mark.parametrize(
    "query",
    [
        "", "limit=5", "number=1001", "shop=kauppa", "tracking=", "email=%00", "phone=abc",
        "phone=", "tracking=1&email=a", "tracking=1&number=2&shop=3", "tracking=" + "9" * 300,
        "tracking=1&limit=0", "tracking=1&limit=101", "tracking=1&limit=x", "tracking=1&limit=1e9",
    ],
)  # fmt: skip
def test_a_question_that_is_none_hears_what_to_correct(hub: Served, query: str) -> None:
    assert_problem(hub.ask(f"/v1/orders?{query}"), 400, "bad-parameter")


HOSTILE = [
    "'; DROP TABLE belief; --", '" OR ""="', "%", "_" * 255, "\\", "\n\r\t", "𝕌𝕟𝕚𝕔𝕠𝕕𝕖", "\u202e",
    "🇫🇮", "null", "0", "-1", "{}", "[]", "../../etc/passwd", "${jndi:x}", "{{7*7}}", "\ud7ff",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_finds_nothing_and_breaks_nothing(hub: Served, text: str) -> None:
    for key in ("tracking", "email", "phone", "cursor"):
        query = urlencode({key: text} if key != "cursor" else {"tracking": "1", key: text})
        reply = hub.ask(f"/v1/orders?{query}")
        assert reply.status in (200, 400), (key, reply.body)
        assert reply.status == 400 or [] == reply.json()["orders"]
    assert 404 == hub.ask(f"/v1/orders/{quote(text, safe='')}").status


@pytest.mark.parametrize("raw", ["%FF%FE", "%C0%80", "%ED%A0%80", "%", "%zz", "a%0d%0aX:%20y"])
def test_bytes_that_are_no_text_break_nothing(hub: Served, raw: str) -> None:
    assert 404 == hub.ask(f"/v1/orders/{raw}").status
    assert hub.ask(f"/v1/orders?tracking={raw}").status in (200, 400)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "AAAA", "WzEsMl0", "W10", "eyJhIjoxfQ", "ä", "WyIyMDI2LTExLTIxIiwiYSJd", "9" * 600],
)
def test_a_cursor_that_is_not_ours_is_refused(hub: Served, cursor: str) -> None:
    reply = hub.ask(f"/v1/orders?{urlencode({'tracking': '1', 'cursor': cursor})}")

    assert_problem(reply, 400, "bad-cursor")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Thirty-one orders of one customer; ten of them got news in the same instant."""
    with stored(tmp_path_factory.mktemp("crowd")) as store:
        for n in range(31):
            as_of = NOW - timedelta(seconds=n if n > 10 else 5)
            believe(store, OrderKey("kauppa", f"{n}"), f"#{n}", contact_id="c_9", as_of=as_of,
                    tracking="SHARED")  # fmt: skip
        with serving(app_on(store), store) as served:
            served.headers["Authorization"] = f"Bearer {READ}"
            yield served


@pytest.mark.parametrize("limit", [1, 4, 10, 30, 31, 100])
def test_walking_all_pages_meets_every_order_once(crowd: Served, limit: int) -> None:
    met, address = [], f"/v1/orders?tracking=shared&limit={limit}"
    page = crowd.ask(address).json()
    while page["next"]:
        assert limit == len(page["orders"])
        met += page["orders"]
        page = crowd.ask(f"{address}&cursor={page['next']}").json()
    met += page["orders"]

    assert 31 == len(met) == len({order["id"] for order in met})
    assert met == sorted(met, key=lambda order: (order["as_of"], order["id"]), reverse=True)


def test_a_page_has_twenty_orders_unless_asked(crowd: Served) -> None:
    assert 20 == len(found(crowd, "tracking=SHARED"))


def test_an_order_with_news_while_one_pages_is_not_shown_twice(tmp_path: Path) -> None:
    with stored(tmp_path) as store, serving(app_on(store), store) as hub:
        hub.headers["Authorization"] = f"Bearer {READ}"
        for n in range(4):
            as_of = NOW - timedelta(seconds=n)
            believe(store, OrderKey("k", f"{n}"), f"#{n}", as_of=as_of, tracking="SHARED")
        first = hub.ask("/v1/orders?tracking=SHARED&limit=2").json()
        moved = finding.BELIEF.update().where(finding.BELIEF.c.order_id == "k:1")
        store.write_now(lambda c: c.execute(moved.values(as_of=NOW + timedelta(seconds=9))))
        second = hub.ask(f"/v1/orders?tracking=SHARED&limit=2&cursor={first['next']}").json()

    assert [["k:0", "k:1"], ["k:2", "k:3"]] == [
        [order["id"] for order in page["orders"]] for page in (first, second)
    ]
