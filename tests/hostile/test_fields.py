"""Every field of an order's message with what should not be in it: one verdict, on every store."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from connectors.contract import Raw, Registered
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import MOST_FINDINGS, Translator
from hub.queries.audit import audit
from hub.store import log
from hub.store.migrate import migrate
from hub.store.session import Store
from tests.builders import MONDAY
from tests.connectors.cases import CASES, CONNECTORS
from tests.faults.postgres import new_database
from tests.hostile.corpus import altered, delivery, samples
from tests.hostile.test_verdicts import VERDICTS

STORES = ("sqlite", "postgresql")


class Read:
    """What a hub made of raws that are in its log."""

    def __init__(self, url: str) -> None:
        self.store = Store(url)
        migrate(self.store)

    def hears(self, raws: list[Raw], **connectors: Registered) -> "Read":
        rows = [
            {
                "connector": raw.connector,
                "source": raw.source,
                "received_at": raw.received_at,
                "headers": orjson.dumps(dict(raw.headers)).decode(),
                "body": raw.body,
            }
            for raw in raws
        ]
        self.store.write_now(lambda c: log.append(c, rows))
        translator = Translator({**CONNECTORS, **connectors}, Settings())
        pipeline = Pipeline(self.store, translator, lambda _: None, Courtesy())

        async def drain() -> None:
            while await pipeline.step():
                pass

        asyncio.run(drain())
        return self

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.store.read_now(lambda c: c.execute(text(query)).all())]

    def close(self) -> None:
        wrong = [check.name for check in self.store.read_now(audit) if not check.holds]
        self.store.close()
        assert [] == wrong


@pytest.fixture(params=STORES)
def read(request: pytest.FixtureRequest, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgresql"), tmp_path.name)
    reading = Read(url)
    yield reading
    reading.close()


def told(kind: str, what: dict[str, Any], about: dict[str, str]) -> Raw:
    """A fact, told by our own door."""
    event = {"specversion": "1.0", "id": kind, "source": "s", "type": f"fi.tilanne.{kind}"}
    body = {**event, "time": MONDAY.isoformat(), "data": {"about": about, "what": what}}
    return Raw(orjson.dumps(body), {}, received_at=MONDAY, source="kauppa", connector="canonical")


def placed(line: str = "1", **about: str) -> Raw:
    """An order."""
    lines = [{"id": line, "quantity": 1, "sku": line}]
    what = {"number": "1", "placed_at": MONDAY.isoformat(), "lines": lines}
    return told("order.placed", what, {"type": "order", "external_id": "1", **about})


@pytest.fixture(scope="module")
def everything() -> list[Raw]:
    return [
        Raw(
            delivery(case.connector, body, dict(case.raw.headers)).body,
            case.raw.headers,
            received_at=case.raw.received_at,
            source=case.raw.source,
            connector=case.connector,
        )
        for case in samples()
        for _, body in altered(case)
    ]


def test_both_stores_come_to_the_same_verdict(
    tmp_path: Path, postgresql: str, everything: list[Raw]
) -> None:
    readings = [Read(f"sqlite:///{tmp_path}/hub.db"), Read(new_database(postgresql, "fields"))]
    for reading in readings:
        reading.hears([*everything, placed()])
    for query in VERDICTS:
        lite, post = (Counter(reading.rows(query)) for reading in readings)
        assert len(lite) > len(everything) / 10 or "belief" in query or "timeline" in query
        assert [] == sorted((lite - post).elements())
        assert [] == sorted((post - lite).elements())
    for reading in readings:
        assert [] == reading.rows("SELECT code, detail FROM quarantine WHERE kind = 'error'")
        reading.close()


def test_the_longest_ids_fit_into_every_index(read: Read) -> None:
    # Signs of four bytes, each another: nothing that an index could make smaller.
    one, two = ("".join(chr(0x1F300 + (n * 37 + at) % 700) for n in range(128)) for at in (0, 1))
    order = {"type": "order", "shop": "k" * 63, "external_id": one}
    units = [{"line": two, "quantity": 1}]
    parcel = {"id": two, "number": "JJFI1"}
    stock = {"type": "stock", "sku": two, "location": one, "shop": "k" * 63}
    read.hears(
        [
            placed(two, shop="k" * 63, external_id=one),
            told("stock.ran_out", {}, stock),
            told("parcel.announced", {"parcel": parcel, "units": units}, order),
            told("parcel.scanned", {"parcel": parcel, "stage": "delivered"}, order),
            told("return.moved", {"return_id": two, "stage": "received", "units": units}, order),
            told("order.refunded", {"refund": one, "return_id": two}, order),
            told("parcel.seen", {"parcel": parcel}, {**order, "external_id": two}),
        ]
    )

    outcomes = [outcome for (outcome,) in read.rows("SELECT outcome FROM inbox ORDER BY raw_id")]
    assert [*["applied"] * 6, "parked"] == outcomes
    told_of = {milestone for (milestone,) in read.rows("SELECT milestone FROM outbox")}
    assert {"delivered", "return_received", "refund_issued"} <= told_of


@pytest.mark.parametrize(
    "about",
    [{"external_id": "x" * 129}, {"shop": "k" * 64}, {"external_id": "a\x9bb"}],
    ids=["id", "shop", "control"],
)
def test_an_id_that_fits_nowhere_is_set_aside(read: Read, about: dict[str, str]) -> None:
    read.hears([placed(**about), placed()])

    assert [("quarantined",), ("applied",)] == read.rows(
        "SELECT outcome FROM inbox ORDER BY raw_id"
    )
    assert [("unreadable",)] == read.rows("SELECT kind FROM quarantine")


def test_two_shops_cannot_be_written_as_one(read: Read) -> None:
    read.hears([placed(shop="a", external_id="b:1"), placed(shop="a:b", external_id="1")])

    assert [("a:b:1",)] == read.rows("SELECT order_id FROM belief")
    assert [("unreadable",)] == read.rows("SELECT kind FROM quarantine")


def test_ids_that_only_look_alike_are_different_orders(read: Read) -> None:
    alike = ["A1", "А1", "Ａ1", "a1", "A1\u0301", "Á1", "A\u03011", "../A1", "%00", "A1%00"]
    read.hears([placed(external_id=one) for one in alike])

    found = read.rows("SELECT external_id FROM belief")
    assert sorted(alike) == sorted(one for (one,) in found)


def test_of_a_field_that_stands_twice_the_last_one_counts(read: Read) -> None:
    once = placed(external_id="first")
    twice = once.body.replace(b'"external_id":', b'"external_id":"x","external_id":')
    read.hears([Raw(twice, {}, MONDAY, "kauppa", "canonical")])

    assert twice != once.body
    assert [("first",)] == read.rows("SELECT external_id FROM belief")


def test_a_message_that_never_ends_is_set_aside_whole(read: Read) -> None:
    case = next(case for case in CASES if case.name == "easypost/tracker-with-unknown-codes")
    document = orjson.loads(case.raw.body)
    scan = document["result"]["tracking_details"][0]
    raws = []
    for number in (MOST_FINDINGS, MOST_FINDINGS + 1, 3_000):
        document["result"] |= {"tracking_details": [scan] * number, "est_delivery_date": None}
        raw = Raw(orjson.dumps(document), {}, MONDAY, case.raw.source, "easypost")
        raws.append(raw)
    read.hears(raws)

    kinds = read.rows("SELECT raw_id, kind FROM quarantine WHERE raw_id > 1 ORDER BY raw_id")
    assert [(2, "unreadable"), (3, "unreadable")] == kinds


class Broken:
    """A connector with a fault of ours, which quotes what it was given."""

    TITLE = "Broken"

    @staticmethod
    def verify(_raw: Raw, _secret: str) -> None:
        """Believe everybody."""

    @staticmethod
    def parse(_raw: Raw) -> Any:
        raise ValueError("NUL \0, half a character \ud800, and more " + "x" * 9_000)


def test_what_a_fault_of_ours_says_can_be_kept_by_every_store(read: Read) -> None:
    bad = Raw(b"\0", {}, MONDAY, "kauppa", "broken")
    broken = Registered("broken", "shops", Broken())
    read.hears([placed(external_id="2"), bad, placed()], broken=broken)

    outcomes = read.rows("SELECT outcome FROM inbox ORDER BY raw_id")
    assert [("applied",), ("quarantined",), ("applied",)] == outcomes
    [(kind, detail)] = read.rows("SELECT kind, detail FROM quarantine")
    assert "error" == kind
    assert detail.startswith(r"ValueError: NUL \0, half a character \ud800, and more xxx")


def test_a_look_at_the_log_takes_some_megabytes_at_most(read: Read) -> None:
    big = [Raw(bytes(1_000_000), {}, MONDAY, "kauppa", "canonical") for _ in range(20)]
    read.hears([Raw(bytes(log.MOST_BYTES + 1), {}, MONDAY, "kauppa", "canonical"), *big])

    def look(last: int) -> list[int]:
        rows = read.store.read_now(lambda c: log.after(c, last, 128))
        return [row.id for row in rows]

    assert [1] == look(0)
    assert [*range(2, 11)] == look(1)
    assert [20, 21] == look(19)
